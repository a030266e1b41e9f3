/** What stands in the graph's menu: for the selected steps, for an edge, for nothing in particular. */
import type { MenuPart } from './contextMenu';
import type { EditActions } from './editActions';
import type { ActionName } from './editKeys';
import type { Edge, EditSession } from './editSession';
import type { StepFact } from './protocol';

/** What the menu can set off. */
export interface Doing {
  session: EditSession;
  actions: EditActions;
  run(work: Promise<unknown> | undefined): void;
  rename(name: string): void;
  act(name: ActionName): void;
  fold(name: string): void;
  edges: readonly Edge[];
  /** Steps that have branches. */
  holders: readonly StepFact[];
  isOn: boolean;
}

const BRANCHES: Readonly<Record<string, readonly string[]>> = { Condition: ['then', 'else'], ForEach: ['body'] };

export function edgeMenu({ actions, run }: Doing, { source, target }: Edge): MenuPart[] {
  return [
    { label: `Disconnect ${source} → ${target}`, keys: 'Delete', run: () => run(actions.disconnect(source, target)) },
    { label: 'Connect in another way…', run: () => run(actions.connect(source, target)) }
  ];
}

export function stepMenu(doing: Doing): MenuPart[] {
  const { session, actions, run, act } = doing;
  const { selection } = session;
  const one = selection.length === 1 ? selection[0] : null;
  const several = selection.length > 1 ? `${selection.length} steps` : '';
  const look: MenuPart[] = [
    { label: 'Find…', keys: '/', run: () => act('find') },
    { label: 'Show the whole graph', keys: 'F', run: () => act('fit') },
    ...(one ? [{ label: 'Fold or unfold its branch', keys: 'G', run: () => doing.fold(one) }] : []),
    { label: 'Keys…', keys: '?', run: () => act('keys') }
  ];
  if (!doing.isOn) {
    return [{ label: 'Edit', keys: 'E', reason: session.whyNot, run: () => session.edit(true) }, null, ...look];
  }
  const cell = session.hasCell ? [{ label: 'Show the cell', run: () => void session.reveal() }] : [];
  const clip: MenuPart[] = [
    ...(selection.length
      ? [
          { label: `Copy ${several}`.trim(), keys: 'Accel C', run: () => run(actions.copy()) },
          { label: `Cut ${several}`.trim(), keys: 'Accel X', run: () => run(actions.cut()) }
        ]
      : []),
    { label: 'Paste', keys: 'Accel V', run: () => run(actions.paste()) }
  ];
  return [
    { label: one ? `Add a step behind ${one}…` : 'Add a step…', keys: 'A', run: () => act('add') },
    ...(one ? oneStep(doing, one) : []),
    null,
    ...clip,
    ...(selection.length
      ? [
          { label: `Duplicate ${several}`.trim(), keys: 'Accel D', run: () => run(actions.duplicate()) },
          { label: `Delete ${several}`.trim(), keys: 'Delete', run: () => run(actions.remove()) }
        ]
      : []),
    null,
    ...cell,
    ...look
  ];
}

function oneStep(doing: Doing, name: string): MenuPart[] {
  const { actions, run, edges } = doing;
  const cuts = edges
    .filter(edge => edge.source === name || edge.target === name)
    .map(({ source, target }) => ({ label: source === name ? `to ${target}` : `from ${source}`, run: () => run(actions.disconnect(source, target)) }));
  const places = doing.holders
    .filter(holder => holder.name !== name)
    .flatMap(holder => (BRANCHES[holder.type] ?? []).map(branch => ({ label: `${branch} of ${holder.name}`, run: () => run(actions.move(name, holder.name, branch)) })));
  return [
    { label: 'Connect to…', keys: 'C', run: () => doing.act('connect') },
    ...(cuts.length ? [{ label: 'Disconnect', parts: cuts }] : []),
    { label: 'Rename', keys: 'F2', run: () => doing.rename(name) },
    ...(places.length ? [{ label: 'Move to branch', parts: [...places, null, { label: 'no branch', run: () => run(actions.move(name, null, null)) }] }] : [])
  ];
}
