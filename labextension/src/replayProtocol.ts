/**
 * What crosses to the page of a replay: a step's two runs beside each other.
 *
 * The twin of `sm_pipeline_widgets/widgets/replay_messages.py`: the same names, in the same order.
 */
import type { LogRow } from './protocol';

/** A line of the comparison; `differs` marks what is worth a look. */
export interface ReplayRow {
  label: string;
  before: string;
  after: string;
  differs: boolean;
}

/** A step's two runs. `arn` is the replay's execution, `status` the replayed step's state. */
export interface ReplayFact {
  step: string;
  arn: string;
  status: string;
  is_final: boolean;
  rows: ReplayRow[];
  notes: string[];
  before_log: LogRow[];
  after_log: LogRow[];
  difference: string;
  code: string;
}
