/** Asks this package's part of the Jupyter server. Addresses begin at the server's base URL; JupyterLab adds token and XSRF. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Overview, Place, TargetChoice, Trouble } from './pipelineFacts';

const FOLDER = 'sm-pipeline-widgets';
const NOT_THERE = 404;

/** What was asked for was refused or could not be asked; says what to do next. */
export class Refused extends Error {
  constructor(
    readonly trouble: Trouble,
    readonly status: number
  ) {
    super([trouble.message, trouble.fix].filter(Boolean).join(' '));
  }
}

export class LabServer {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  async targets(): Promise<readonly TargetChoice[]> {
    return (await this.ask<{ targets: TargetChoice[] }>('targets')).targets;
  }

  overview(place: Place, opened: readonly string[]): Promise<Overview> {
    const query = new URLSearchParams([...Object.entries(place), ...opened.map(name => ['open', name])]);
    return this.ask<Overview>(`overview?${query.toString()}`);
  }

  async start(place: Place, pipeline: string): Promise<string> {
    return (await this.ask<{ arn: string }>('start', { ...place, pipeline })).arn;
  }

  async stop(place: Place, arn: string): Promise<void> {
    await this.ask('stop', { ...place, arn });
  }

  /** Start the engine on the machine of the Jupyter server. */
  async wake(): Promise<void> {
    await this.ask('wake', {});
  }

  private async ask<T>(path: string, body?: unknown): Promise<T> {
    const address = URLExt.join(this.settings.baseUrl, FOLDER) + `/${path}`;
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(address, request, this.settings);
    } catch {
      throw new Refused({ message: 'The Jupyter server does not answer.', fix: 'Look whether it still runs, and reload the page.' }, 0);
    }
    const answer = (await response.json().catch(() => ({}))) as Partial<Trouble>;
    if (!response.ok) {
      throw new Refused(troubleOf(response.status, answer), response.status);
    }
    return answer as T;
  }
}

function troubleOf(status: number, answer: Partial<Trouble>): Trouble {
  if (status === NOT_THERE) {
    return {
      message: 'The Jupyter server does not know sm_pipeline_widgets.',
      fix: 'Install the package where JupyterLab itself runs (the kernel may be elsewhere), then start JupyterLab again.'
    };
  }
  if (status === 401 || status === 403) {
    return { message: 'The Jupyter server did not let the page ask.', fix: 'Log in again: reload the page.' };
  }
  return { message: answer.message || `The Jupyter server answered with an error (${status}).`, fix: answer.fix || 'Its log says more.' };
}
