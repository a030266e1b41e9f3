"""Data and images that do not come, or go: S3, keys, repositories, models, the transport of a batch."""

# ruff: noqa: E501 - a pattern or a policy is one line, as it is found and pasted

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue.row import DIED, SAID, Confidence, Known, Seen, words

READ_POLICY = '{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"]}'
KMS_POLICY = '{"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "KEY_ARN"}'
PULL_POLICY = '{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"], "Resource": "*"}'
ROWS = (
    Known(
        "nothing-at-the-input",
        words(r"No S3 objects found under S3 URL \"?(?P<uri>s3://[^\s\"]+)"),
        "There is nothing at `{uri}`.",
        "Check the input's place, and whether the step before it wrote anything.",
        family="data",
        snippet="aws s3 ls {uri}",
        source="SageMaker",
    ),
    Known(
        "no-such-object",
        words(r"NoSuchKey|The specified key does not exist"),
        "An object that an input or the code names does not exist.",
        "Check its place, and whether the step before it wrote anything.",
        seen=SAID,
        family="data",
        source="Amazon S3",
    ),
    Known(
        "no-such-bucket",
        words(r"NoSuchBucket|The specified bucket does not exist"),
        "The bucket does not exist.",
        "Check its name, and that it is in this account and partition.",
        family="data",
        source="Amazon S3",
    ),
    Known(
        "bucket-in-another-region",
        words(
            r"PermanentRedirect|The bucket is in this region: (?P<region>[\w-]+)|AuthorizationHeaderMalformed.*?expecting '(?P<wanted>[\w-]+)'"
        ),
        "The bucket is in another region than the job. {region}{wanted}",
        "Use a bucket in the job's region, or run the pipeline in the bucket's.",
        family="data",
        source="Amazon S3",
    ),
    Known(
        "kms-denied",
        words(
            r"KMS\.AccessDeniedException|KMSAccessDenied|not authorized to perform: kms:(?P<action>\w+)|ciphertext refers to a customer master key that does not exist"
        ),
        "The role may not use the key that the data is encrypted with. {action}",
        "Allow the role in the key's policy and in its own.",
        family="data",
        snippet=KMS_POLICY,
        source="AWS KMS",
    ),
    Known(
        "download-denied",
        words(
            r"(?:Data download failed|Unable to download object|Failed to download data)[^\n]*?(?P<uri>s3://[^\s(]+)?[^\n]*AccessDenied|AccessDenied[^\n]*s3://|s3://[^\n]*AccessDenied"
        ),
        "The step's input may not be read with this role.",
        "The job's role needs s3:GetObject and s3:ListBucket there (and kms:Decrypt for encrypted data).",
        family="data",
        snippet=READ_POLICY,
        source="aws/amazon-sagemaker-examples#4384",
    ),
    Known(
        "s3-unreachable",
        words(
            r"ListObjectsV2 failed for (?P<uri>s3://[^\s,]+).*?Unable to execute request to S3|Unable to execute request to S3"
        ),
        "S3 could not be reached for the step's input. {uri}",
        "In a VPC, add a gateway endpoint for S3 to the subnets' route tables; otherwise check the place and the role.",
        Confidence.LIKELY,
        family="data",
        source="aws-samples/sagemaker-run-notebook#32",
    ),
    Known(
        "object-of-another-account",
        words(r"(?:403|Forbidden)[^\n]*HeadObject|HeadObject[^\n]*(?:403|Forbidden)"),
        "An object may not be read: it is another account's, encrypted, or the role lacks the permission.",
        "Check the object's owner and key, and give the role s3:GetObject (s3:ListBucket turns a missing object into a clear 404).",
        family="data",
        snippet=READ_POLICY,
        source="aws/amazon-sagemaker-examples#1923",
    ),
    Known(
        "s3-denied",
        words(r"AccessDenied\) when calling the (?P<operation>\w+) operation"),
        "The step's code may not call `{operation}`.",
        "Give the job's role the permission for that bucket or resource.",
        family="data",
        snippet=READ_POLICY,
        source="botocore",
    ),
    Known(
        "s3-slow-down",
        words(r"SlowDown|Please reduce your request rate"),
        "S3 was asked too often at once.",
        "Read fewer, larger objects or spread them over prefixes; run it again.",
        family="data",
        source="Amazon S3",
    ),
    Known(
        "model-missing",
        words(r"Could not find model data|Failed to download model data for container"),
        "The model's archive is not where the model says.",
        "Check that the step before it wrote a model.tar.gz there, and that the model's role may read it.",
        family="data",
        snippet=READ_POLICY,
        source="SageMaker",
    ),
    Known(
        "data-download",
        words(r"Failed to download data|Data download failed"),
        "The step's input could not be brought in.",
        "Check the place, and that the job's role has s3:GetObject and s3:ListBucket there (and kms:Decrypt for encrypted data).",
        Confidence.LIKELY,
        family="data",
        snippet=READ_POLICY,
        source="SageMaker",
    ),
    Known(
        "data-upload",
        words(r"(?:Data upload failed|Failed to upload|Unable to upload)[^\n]*"),
        "The step's results could not be written to S3.",
        "The job's role needs s3:PutObject there (and kms:GenerateDataKey for encrypted data).",
        Confidence.LIKELY,
        snippet='{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::BUCKET/*"}',
        source="SageMaker",
    ),
    Known(
        "pipe-mode",
        words(r"pipe channel timed out"),
        "The program did not read a channel of Pipe mode in time.",
        "Use File or FastFile mode, or read every channel from the start.",
        source="aws/amazon-sagemaker-examples#1316",
    ),
    Known(
        "image-tag",
        words(
            r"manifest for (?P<image>\S+) not found|manifest unknown|Requested image (?P<name>\S*) ?not found|Requested image not found"
        ),
        "The image has no such tag. {image}{name}",
        "Check the tag in the repository, and the region in the image's address.",
        family="image",
        source="Docker",
    ),
    Known(
        "image-login",
        words(r"no basic auth credentials|pull access denied for (?P<image>\S+)|authorization token has expired"),
        "The registry did not let the image be pulled. {image}",
        "The role needs the ECR permissions, and a private image of another registry needs its own login.",
        family="image",
        snippet=PULL_POLICY,
        source="Docker",
    ),
    Known(
        "image-pull",
        words(r"Cannot pull algorithm container|CannotPullContainer|Failed to pull image"),
        "The container image could not be pulled: it does not exist, or the role may not read it.",
        "Check the image's name and tag, its region, and that the role (and the repository's policy, in another account) lets it be read.",
        family="image",
        snippet=PULL_POLICY,
        source="aws/sagemaker-python-sdk#57, #1968",
    ),
    Known(
        "ping",
        words(r"failed to respond to ping|did not pass the ping health check"),
        "The model's container did not come up: it does not answer `/ping`.",
        "Look in its log for an error while the model is loaded; the archive's layout and the inference script's names matter.",
        source="aws/amazon-sagemaker-examples#852, #210",
    ),
    Known(
        "inference-failed",
        words(r"Bad HTTP status received from algorithm: (?P<code>\d+)"),
        "The model's container answered a record with HTTP {code}.",
        "The data log of the transform job names the record; check content type, `SplitType` and the payload's size.",
        seen=DIED,
        source="aws/sagemaker-tensorflow-serving-container#93",
    ),
    Known(
        "no-inference-answer",
        words(r"Unable to get response from algorithm|Model server did not respond"),
        "The model's container did not answer a record.",
        "It may have died (memory), or takes too long: smaller batches, a smaller MaxPayloadInMB, a bigger machine.",
        Confidence.LIKELY,
        seen=DIED,
        source="aws/sagemaker-python-sdk#753",
    ),
    Known(
        "remote-payload-missing",
        words(r"Failed to read serialized bytes from (?P<uri>s3://\S+?):? "),
        "The packed function of an @step is not at `{uri}`.",
        "Update the pipeline again from the SDK, so that it is uploaded anew; check the role's s3:GetObject.",
        family="remote",
        source="aws-samples/fm-evaluation-at-scale#7",
    ),
    Known(
        "remote-integrity",
        words(r"Integrity check for the serialized function or data failed"),
        "The packed function of an @step is not the one the pipeline was made with.",
        "Update the pipeline again from the SDK; two pipelines must not share a prefix.",
        family="remote",
        source="SageMaker Python SDK",
    ),
    Known(
        "remote-version",
        words(r"hmac_key|DeserializationError|'NoneType' object has no attribute 'encode'"),
        "The SDK that packed the @step and the one in the container are of different versions.",
        "Name the same version of sagemaker (and of Python) on both sides.",
        Confidence.LIKELY,
        context=words(r"remote_function|DeserializationError|hmac_key"),
        seen=(Seen.RAISED, Seen.REASON, Seen.LOG),
        family="remote",
        source="aws/sagemaker-python-sdk#5484, #5495, #5872",
    ),
)
