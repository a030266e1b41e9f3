/** A menu at a point of the window, with Lumino's own looks and keys. */
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

export interface MenuEntry {
  label: string;
  run: () => void;
  /** The key that does the same, as Lumino spells it. */
  keys?: string;
  /** Why it cannot be done now; '' or nothing when it can. */
  reason?: string;
}

/** An entry, a line, or entries behind one that opens. */
export type MenuPart = MenuEntry | null | { label: string; parts: readonly MenuPart[] };

/** Open it; `closed` is called before what was chosen is done. */
export function openMenu(parts: readonly MenuPart[], at: { x: number; y: number }, closed: () => void): void {
  const commands = new CommandRegistry();
  const menu = build(parts, commands);
  menu.aboutToClose.connect(() => {
    closed();
    // what was chosen is looked up in the registry after the menu has gone
    setTimeout(() => menu.dispose(), 0);
  });
  menu.open(at.x, at.y);
}

function build(parts: readonly MenuPart[], commands: CommandRegistry): Menu {
  const menu = new Menu({ commands });
  menu.addClass('smpw-menu');
  for (const part of parts) {
    if (part === null) {
      menu.addItem({ type: 'separator' });
    } else if ('parts' in part) {
      const submenu = build(part.parts, commands);
      submenu.title.label = part.label;
      menu.addItem({ type: 'submenu', submenu });
    } else {
      const command = `smpw:${commands.listCommands().length}`;
      const label = part.reason ? `${part.label} (${part.reason})` : part.label;
      commands.addCommand(command, { label, isEnabled: () => !part.reason, execute: part.run });
      if (part.keys) {
        commands.addKeyBinding({ command, keys: [part.keys], selector: '.smpw-menu' }); // shown beside the label
      }
      menu.addItem({ command });
    }
  }
  return menu;
}
