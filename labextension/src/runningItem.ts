/** The status bar's item: how many executions run; nothing is shown while none does. */
import type { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { el, setText } from './dom';
import { icon } from './icons';
import { LAB } from './labIds';
import type { PipelinesFeed } from './pipelinesFeed';

export class RunningItem extends Widget {
  private readonly count = el('span', {});

  constructor(
    private readonly feed: PipelinesFeed,
    commands: CommandRegistry
  ) {
    super();
    this.addClass('smpw-running-item');
    const sign = icon('running');
    sign.classList.add('smpw-state', 'smpw-is-running');
    const shown = el('button', { type: 'button', class: 'smpw-running-button', title: 'Show the pipelines panel' }, sign, this.count);
    shown.addEventListener('click', () => void commands.execute(LAB.panel));
    this.node.append(shown);
    feed.changed.connect(this.draw, this);
  }

  get isActive(): boolean {
    return (this.feed.overview?.running ?? 0) > 0;
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.feed.want('status', false);
      this.feed.changed.disconnect(this.draw, this);
      super.dispose();
    }
  }

  private draw(): void {
    const running = this.feed.overview?.running ?? 0;
    setText(this.count, `${running} pipeline execution${running === 1 ? '' : 's'} running`);
  }
}
