/** The settings of `schema/plugin.json`, typed. Without a registry (a front end that has none) they are the defaults. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Signal } from '@lumino/signaling';
import type { Place } from './pipelineFacts';

export const THEMES = ['jupyterlab', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface LabValues {
  readonly target: string;
  readonly profile: string;
  readonly region: string;
  /** Seconds between two looks at the engine, and at AWS, while the panel is in sight. */
  readonly pollLocal: number;
  readonly pollAws: number;
  /** Seconds between two looks for the status bar, while the panel is not; 0: none. */
  readonly pollHidden: number;
  /** The fewest seconds between two questions of a view in a notebook; 0: as it finds right. */
  readonly watchInterval: number;
  readonly theme: Theme;
  readonly statusBar: boolean;
  readonly tellEnds: boolean;
}

export const DEFAULTS: LabValues = {
  target: 'local',
  profile: '',
  region: '',
  pollLocal: 2,
  pollAws: 30,
  pollHidden: 15,
  watchInterval: 0,
  theme: 'jupyterlab',
  statusBar: true,
  tellEnds: true
};

type Name = keyof LabValues;

export class LabSettings {
  readonly changed = new Signal<this, void>(this);
  private current: LabValues = DEFAULTS;
  private settings: ISettingRegistry.ISettings | null = null;

  get values(): LabValues {
    return this.current;
  }

  get place(): Place {
    const { target, profile, region } = this.current;
    const isLocal = target === 'local';
    return { target, profile: isLocal ? '' : profile, region: isLocal ? '' : region };
  }

  /** Follow what the registry says from now on. */
  follow(settings: ISettingRegistry.ISettings): void {
    this.settings = settings;
    settings.changed.connect(this.read, this);
    this.read();
  }

  /** Choose another target, for this and every later page. A profile is a target of its own. */
  async choose(target: string): Promise<void> {
    this.current = { ...this.current, target, profile: '' };
    await this.settings?.set('target', target);
    await this.settings?.set('profile', '');
    this.changed.emit();
  }

  private read(): void {
    const found = this.settings?.composite ?? {};
    const names = Object.keys(DEFAULTS) as Name[];
    const said = names.filter(name => typeof found[name] === typeof DEFAULTS[name]).map(name => [name, found[name]]);
    this.current = { ...DEFAULTS, ...(Object.fromEntries(said) as Partial<LabValues>) };
    this.changed.emit();
  }
}
