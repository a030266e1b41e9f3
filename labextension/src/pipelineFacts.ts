/** What the Jupyter server tells of pipelines and executions; the other side is `server/facts.py`. Times are milliseconds. */

export interface RunEntry {
  readonly arn: string;
  readonly name: string;
  /** The API's word. */
  readonly status: string;
  /** Ours. */
  readonly word: string;
  readonly is_running: boolean;
  readonly started: number | null;
  readonly reason: string;
}

export interface PipelineEntry {
  readonly name: string;
  readonly arn: string;
  readonly title: string;
  readonly description: string;
  readonly last_run: number | null;
  /** null: not asked for yet. */
  readonly runs: readonly RunEntry[] | null;
  readonly has_more: boolean;
}

export interface Trouble {
  readonly message: string;
  readonly fix: string;
}

export interface Overview {
  /** `resting`: the engine does not run, and what it had last is told. */
  readonly state: 'ready' | 'resting' | 'trouble';
  readonly target: string;
  readonly words: string;
  readonly is_local: boolean;
  readonly trouble: Trouble | null;
  readonly pipelines: readonly PipelineEntry[];
  readonly running: number;
  readonly now: number;
}

export interface TargetChoice {
  readonly name: string;
  readonly words: string;
}

/** Which target is meant, as in `%pipeline target NAME --profile P --region R`. */
export interface Place {
  readonly target: string;
  readonly profile: string;
  readonly region: string;
}
