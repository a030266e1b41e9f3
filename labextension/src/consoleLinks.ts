/** Where AWS's own console shows a job and its log: addresses made of the job's ARN. Knows no element. */

export interface ConsoleLinks {
  job: string;
  /** Its log in CloudWatch; null where others write it. */
  log: string | null;
}

/** The engine on this machine: no console shows its jobs. */
const ENGINE_ACCOUNT = '000000000000';
const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com'
};

interface Kind {
  /** The console's page, with `NAME` in place of the job's name. */
  page: string;
  /** The log group and what its streams' names begin with. */
  group?: string;
  streams?: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'sagemaker:training-job': { page: 'sagemaker/home?region=REGION#/jobs/NAME', group: '/aws/sagemaker/TrainingJobs', streams: true },
  'sagemaker:processing-job': { page: 'sagemaker/home?region=REGION#/processing-jobs/NAME', group: '/aws/sagemaker/ProcessingJobs', streams: true },
  'sagemaker:transform-job': { page: 'sagemaker/home?region=REGION#/transform-jobs/NAME', group: '/aws/sagemaker/TransformJobs', streams: true },
  'sagemaker:hyper-parameter-tuning-job': { page: 'sagemaker/home?region=REGION#/hyper-tuning-jobs/NAME' },
  'sagemaker:model': { page: 'sagemaker/home?region=REGION#/models/NAME' },
  'sagemaker:endpoint': { page: 'sagemaker/home?region=REGION#/endpoints/NAME', group: '/aws/sagemaker/Endpoints/NAME' },
  'lambda:function': { page: 'lambda/home?region=REGION#/functions/NAME', group: '/aws/lambda/NAME' },
  'elasticmapreduce:cluster': { page: 'emr/home?region=REGION#/clusterDetails/NAME' }
};

/** Addresses for what an ARN names; null where there are none. */
export function consoleLinks(arn: string | null): ConsoleLinks | null {
  const [, partition, service, region, account, ...rest] = (arn ?? '').split(':');
  const [type, ...name] = rest.join(':').split(/[:/]/);
  const kind = own(KINDS, `${service}:${type}`);
  const domain = own(CONSOLES, partition);
  if (!kind || !domain || !name[0] || account === ENGINE_ACCOUNT || !/^[a-z0-9-]+$/.test(region)) {
    return null;
  }
  const at = (page: string) => `https://${region}.${domain}/${page.replace('REGION', region)}`;
  const group = kind.group?.replace('NAME', name[0]);
  const streams = kind.streams ? `$3FlogStreamNameFilter$3D${escaped(`${name[0]}/`)}` : '';
  return {
    job: at(kind.page.replace('NAME', encodeURIComponent(name[0]))),
    log: group ? at(`cloudwatch/home?region=REGION#logsV2:log-groups/log-group/${escaped(group)}${streams}`) : null
  };
}

/** CloudWatch's console escapes what is escaped already, with `$` for `%`. */
function escaped(text: string): string {
  return encodeURIComponent(encodeURIComponent(text)).replace(/%/g, '$');
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.prototype.hasOwnProperty.call(table, key) ? table[key] : undefined;
}
