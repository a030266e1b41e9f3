"""What the service (or an SDK) says of a definition, a request or an expression it cannot take."""

# ruff: noqa: E501 - a pattern or a policy is one line, as it is found and pasted

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue.row import SAID, Confidence, Known, words

ROWS = (
    Known(
        "unknown-member",
        words(r"Unknown Argument member '(?P<name>\w+)'"),
        "A step's arguments hold `{name}`, which pipelines do not take.",
        "Remove it; the step runs without it, or another step type takes it.",
        family="definition",
        source="aws/sagemaker-python-sdk#4994, #3472",
    ),
    Known(
        "list-expected",
        words(r"Expecting start of Json Array"),
        "A member of the definition should be a list and is something else.",
        "Check the step's arguments against the API; an expression cannot stand for a whole list.",
        family="definition",
        source="aws/sagemaker-python-sdk#2345",
    ),
    Known(
        "object-expected",
        words(r"Expecting start of Json Object"),
        "A member of the definition should be an object and is something else.",
        "Check the step's arguments against the API; an expression cannot stand for a whole object.",
        family="definition",
        source="aws/sagemaker-python-sdk#3908",
    ),
    Known(
        "text-too-long",
        words(
            r"with length=(?P<length>\d+) cannot be great|is too long \(length: (?P<is>\d+), maximum allowed: (?P<most>\d+)\)|Value .*?at '(?P<member>[\w.]+)' failed to satisfy constraint: Member must have length less than or equal to (?P<limit>\d+)"
        ),
        "Something is longer than the service takes: {member} {length}{is} (at most {most}{limit}).",
        "Shorten it: names to 63 or 82 characters, container arguments to 256 each, ten inputs and outputs for a Processing job.",
        family="definition",
        source="aws/sagemaker-python-sdk#314, #2933, #2554, zenml-io/zenml#1517",
    ),
    Known(
        "constraint",
        words(
            r"validation errors? detected: Value .*?at '(?P<member>[\w.]+)' failed to satisfy constraint: (?P<words>[^;\n]+)"
        ),
        "The value of `{member}` is not one that the service takes ({words}).",
        "Correct it in the step's arguments.",
        family="definition",
        source="AWS APIs",
    ),
    Known(
        "name-taken",
        words(r"Pipeline names must be unique within an AWS account and region"),
        "There is a pipeline of that name already.",
        "Update it, or choose another name.",
        family="definition",
        source="SageMaker",
    ),
    Known(
        "no-definition",
        words(r"Either Pipeline Definition or Pipeline Definition S3 location should be provided"),
        "The request holds no definition, or two.",
        "Give either the definition or its place in S3.",
        family="definition",
        source="SageMaker",
    ),
    Known(
        "unknown-parameter",
        words(
            r"Parameter '(?P<name>\w+)' is undefined|Unknown parameters? '?(?P<other>\w+)|Unexpected type for parameter '?(?P<third>\w*)"
        ),
        "A parameter of the run is not one the pipeline declares, or of another type: {name}{other}{third}",
        "Compare with the pipeline's parameters.",
        family="definition",
        source="SageMaker Python SDK, local mode",
    ),
    Known(
        "selective-source",
        words(r"Invalid SourcePipelineExecutionArn"),
        "The selected steps need results of steps that were not selected, and no earlier run was named to take them from.",
        "Name a run that has ended, or select those steps as well.",
        family="definition",
        source="aws/sagemaker-python-sdk#4444",
    ),
    Known(
        "step-graph",
        words(
            r"Pipeline steps cannot have duplicate names|Cycle detected in pipeline step graph|Step \S+ is undefined"
        ),
        "The steps do not form a graph that can run: a name stands twice, is missing, or steps wait for each other in a circle.",
        "Correct the names and `depends_on`.",
        family="definition",
        source="SageMaker Python SDK",
    ),
    Known(
        "definition-refused",
        words(r"Unable to parse pipeline definition"),
        "The service cannot read the definition.",
        "Its words name the member.",
        Confidence.LIKELY,
        family="definition",
        is_general=True,
        source="SageMaker",
    ),
    Known(
        "compared-types",
        words(r"LeftValue .* and RightValue .* are not of the same type"),
        "A condition compares values of different types.",
        "Declare the parameter with the fitting type, or write the number as one in the property file.",
        family="condition",
        source="SageMaker Python SDK, local mode",
    ),
    Known(
        "comparison-unsupported",
        words(r"Condition of type \S+ not supported between"),
        "A condition compares values that have no order.",
        "Compare numbers with numbers; for text there is only equal and not equal.",
        family="condition",
        source="SageMaker Python SDK, local mode",
    ),
    Known(
        "property-path",
        words(r"Invalid json path '(?P<path>[^']*)'|(?P<expression>\S+) is undefined\."),
        "The property file has nothing at `{path}{expression}`.",
        "Open the file that the step wrote, and correct the path.",
        family="property",
        source="SageMaker Python SDK, local mode",
    ),
    Known(
        "property-file-content",
        words(
            r"Contents of file (?P<uri>s3://\S+) are not in valid JSON format|Received an error while reading file (?P<other>\S+)"
        ),
        "A property file could not be read as JSON: {uri}{other}",
        "Write JSON (no NaN, no single quotes) to the path that `property_files:` names, inside that output.",
        family="property",
        source="SageMaker Python SDK, local mode",
    ),
    Known(
        "property-file-wiring",
        words(
            r"JsonGet function \(with property_file\) can only be evaluated|Property file reference '(?P<name>[^']+)' is undefined|Processing output name '(?P<output>[^']+)'.*not found"
        ),
        "A condition reads a property file that no Processing step declares. {name}{output}",
        "Declare it under `property_files:` of the step, with an output that the step has.",
        family="property",
        source="SageMaker Python SDK",
    ),
    Known(
        "local-mode-unsupported",
        words(r"Step type (?P<type>\w+) is not supported in local mode"),
        "The SDK's local mode does not run steps of type {type}.",
        "Run it on AWS.",
        seen=SAID,
        source="aws/sagemaker-python-sdk#4253",
    ),
    Known(
        "local-mode-container",
        words(r"Failed to run: \[['\"]docker-compose"),
        "A container of the SDK's local mode ended with an error.",
        "The container's own log, above it, says why.",
        Confidence.LIKELY,
        is_general=True,
        source="aws/sagemaker-python-sdk#405, aws/amazon-sagemaker-examples#3736",
    ),
)
