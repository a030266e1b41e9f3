/** What kernel and page say to each other about the registry; `widgets/registry_messages.py` is the other side. */

export type Pair = [string, string];

export interface VersionFact {
  name: string;
  number: number;
  arn: string;
  status: string;
  package: string;
  created: number | null;
  metrics: string[];
  run: string;
  run_arn: string;
  decided: string;
}

export interface VariantFact {
  name: string;
  serves: string;
  share: number;
  machines: string;
}

export interface EndpointFact {
  name: string;
  status: string;
  is_moving: boolean;
  answers: boolean;
  reason: string;
  variants: VariantFact[];
}

export interface ReportFact {
  kind: string;
  uri: string;
  text: string;
  problem: string;
}

export interface VersionPageFact {
  name: string;
  arn: string;
  step: string;
  decisions: string[];
  metrics: [string, string, string][];
  reports: ReportFact[];
  origin: string[];
  run_arn: string;
  facts: Pair[];
  content_type: string;
}

export interface ComparedRow {
  section: string;
  name: string;
  before: string;
  after: string;
  note: string;
  is_same: boolean;
}

export interface RegistryPageMessage {
  kind: 'registry_page';
  ticket: string;
  page: VersionPageFact | null;
  error: string;
}

export interface RegistryComparedMessage {
  kind: 'registry_compared';
  ticket: string;
  before: string;
  after: string;
  rows: ComparedRow[];
  error: string;
}

export interface RegistryPlanMessage {
  kind: 'registry_plan';
  ticket: string;
  title: string;
  words: string;
  go: string;
  error: string;
}

export interface RegistryDoneMessage {
  kind: 'registry_done';
  ticket: string;
  words: string;
  error: string;
}

export interface RegistryAnswerMessage {
  kind: 'registry_answer';
  ticket: string;
  text: string;
  told: string;
  error: string;
}

export interface RegistryInsertedMessage {
  kind: 'registry_inserted';
  ticket: string;
  text: string;
  words: string;
  error: string;
}

export interface RegistryPageRequest {
  kind: 'registry_page_request';
  ticket: string;
  name: string;
}

export interface RegistryCompareRequest {
  kind: 'registry_compare_request';
  ticket: string;
  before: string;
  after: string;
}

export interface RegistryPlanRequest {
  kind: 'registry_plan_request';
  ticket: string;
  action: string;
  what: string;
  values: Pair[];
}

export interface RegistryStartRequest {
  kind: 'registry_start';
  ticket: string;
}

export interface RegistryInvokeRequest {
  kind: 'registry_invoke';
  ticket: string;
  endpoint: string;
  variant: string;
  data: string;
  content_type: string;
}

export interface RegistryInsertRequest {
  kind: 'registry_insert';
  ticket: string;
  name: string;
  text: string;
}

export interface RegistryRefreshRequest {
  kind: 'registry_refresh';
  ticket: string;
}

export type RegistryMessage =
  | RegistryPageMessage
  | RegistryComparedMessage
  | RegistryPlanMessage
  | RegistryDoneMessage
  | RegistryAnswerMessage
  | RegistryInsertedMessage;

export type RegistryRequest =
  | RegistryPageRequest
  | RegistryCompareRequest
  | RegistryPlanRequest
  | RegistryStartRequest
  | RegistryInvokeRequest
  | RegistryInsertRequest
  | RegistryRefreshRequest;

/** A request before it has a ticket. */
export type Question = RegistryRequest extends infer Each ? (Each extends RegistryRequest ? Omit<Each, 'ticket'> : never) : never;
