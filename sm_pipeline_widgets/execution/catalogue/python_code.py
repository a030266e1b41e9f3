"""What a script in Python dies of: packages, names, arguments, files, data that is not as expected."""

# ruff: noqa: E501 - a pattern or a policy is one line, as it is found and pasted

from __future__ import annotations

from sm_pipeline_widgets.execution.catalogue.row import DIED, Confidence, Known, Seen, words

CLASHES = r"numpy\.dtype size changed|A module that was compiled using NumPy 1\.x cannot be run in"
ROWS = (
    Known(
        "undefined-name",
        words(r"NameError: name '(?P<name>\w+)' is not defined"),
        "The script uses `{name}`, which it does not define.",
        "A step runs on its own: what other cells of the notebook define or import is not there. Define or import it in the step's code.",
        Confidence.LIKELY,
        source="Python",
    ),
    Known(
        "missing-package",
        words(r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<name>[\w.]+)"),
        "The package `{name}` is not installed where the step runs.",
        "On AWS put it in a requirements.txt beside the script (a folder as `code:`) or choose an image that has it; "
        "on this machine install it with pip.",
        snippet="pip install {name}",
        source="Python",
    ),
    Known(
        "missing-library",
        words(r"(?:ImportError|OSError): (?P<name>lib[\w.+-]+): cannot open shared object file"),
        "The system library `{name}` is not in the image.",
        "Choose an image that has it, or install the system package that brings it in an image of your own.",
        source="Python",
    ),
    Known(
        "compiled-for-other-numpy",
        words(CLASHES),
        "A package was compiled for another version of NumPy than the one that is installed.",
        "Name versions that fit each other in requirements.txt, for example `numpy<2`.",
        Confidence.LIKELY,
        seen=DIED,
        source="Python",
    ),
    Known(
        "package-version",
        words(
            r"ImportError: cannot import name '(?P<name>\w+)' from '(?P<package>\w+)[^']*'|AttributeError: module '(?P<module>\w+)[\w.]*' has no attribute '(?P<what>\w+)'"
        ),
        "The installed version of a package does not have what the script takes from it ({name}{what} of {package}{module}).",
        "Compare the version in the image with the one the script was written for, and name it in requirements.txt. "
        "A file of your own with the package's name has the same effect.",
        Confidence.LIKELY,
        source="Python",
    ),
    Known(
        "missing-input-variable",
        words(r"KeyError: '(?P<name>SM_(?:CHANNEL|INPUT)_\w+)'"),
        "The script asks for `{name}`, but the step has no input of that name.",
        "Give the step that input (`inputs:`), or correct the name in the script.",
        family="variable",
        source="this package and SageMaker's training toolkit",
    ),
    Known(
        "missing-output-variable",
        words(r"KeyError: '(?P<name>SM_OUTPUT_\w+)'"),
        "The script asks for `{name}`, but the step has no output of that name.",
        "Give the step that output (`outputs:`), or correct the name in the script.",
        family="variable",
        source="this package",
    ),
    Known(
        "missing-variable",
        words(r"KeyError: (?:environment variable '(?P<any>\w+)'|'(?P<name>(?:SM|AWS|SAGEMAKER)_\w+)')"),
        "The script asks for the environment variable `{name}{any}`, which is not set where the step runs.",
        "Set it under `environment:`; a Processing step has none of the variables that script mode gives a Training step.",
        Confidence.LIKELY,
        family="variable",
        source="SageMaker's training toolkit",
    ),
    Known(
        "missing-input-file",
        words(r"FileNotFoundError: .*?(?P<path>/opt/ml/(?:input|processing/input)[^'\" ]*)"),
        "The script reads `{path}`, and no such file was brought there.",
        "Check the step's inputs, and what the step before it wrote into the output they come from.",
        family="file",
        source="SageMaker's container contract",
    ),
    Known(
        "entry-point-missing",
        words(r"can't open file '(?P<path>[^']+)': \[Errno 2\]"),
        "The script `{path}` is not where the command looks for it.",
        "Check `code:` and `entry:`; in a folder the entry point is named relative to it.",
        seen=DIED,
        family="file",
        source="Python",
    ),
    Known(
        "missing-program",
        words(r"FileNotFoundError: No such program: '(?P<name>[^']+)'"),
        "The script starts the program `{name}`, which is not there where the step runs.",
        "Choose an image that has it, or install it in one of your own; on this machine look at PATH.",
        family="file",
        source="Python's subprocess",
    ),
    Known(
        "missing-file",
        words(r"FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<path>[^']+)'"),
        "The script reads `{path}`, which is not there where the step runs.",
        "A step has its own folder: bring files in as `inputs:` or beside the script (a folder as `code:`).",
        Confidence.LIKELY,
        family="file",
        source="Python",
    ),
    Known(
        "wrong-arguments",
        words(
            r"error: (?P<words>unrecognized arguments: [^\n]*|the following arguments are required: [^\n]*|argument [^\n]*)"
        ),
        "The script does not take the arguments it was given ({words}).",
        "Compare the step's arguments or hyperparameters with what the script's parser declares.",
        seen=DIED,
        family="arguments",
        source="Python's argparse",
    ),
    Known(
        "arguments-refused",
        None,
        "The program ended with exit code 2, which most programs keep for arguments they do not take.",
        "Compare the step's arguments or hyperparameters with what the program takes.",
        Confidence.POSSIBLE,
        exits=frozenset({2}),
        family="arguments",
        is_general=True,
        source="Unix",
    ),
    Known(
        "text-where-numbers-belong",
        words(
            r"ValueError: could not convert string to float: (?P<value>'[^']*')|ValueError: invalid literal for int\(\) with base 10: (?P<number>'[^']*')"
        ),
        "A value that should be a number is the text {value}{number}.",
        "Look for a header line, a column of text, or a missing-value word in the data, and encode or drop it first.",
        Confidence.LIKELY,
        source="Python",
    ),
    Known(
        "missing-values",
        words(r"ValueError: Input (?:\w+ )?contains (?P<what>NaN|infinity)"),
        "The data holds missing or infinite values ({what}), which this model does not take.",
        "Fill or drop them in the step before, or choose a model that takes them.",
        source="scikit-learn",
    ),
    Known(
        "feature-count",
        words(
            r"ValueError: (?:X has (?P<has>\d+) features, but \w+ is expecting (?P<wants>\d+) features|Found input variables with inconsistent numbers of samples|The feature names should match those that were passed during fit)"
        ),
        "The data does not have the columns or rows that the model or its partner has.",
        "Compare what was trained on with what is given now: columns, their order, and whether the target is still among them.",
        source="scikit-learn",
    ),
    Known(
        "tensor-shapes",
        words(
            r"mat1 and mat2 shapes cannot be multiplied|size mismatch for [\w.]+: copying|ValueError: shapes? \([^)]*\) (?:and \([^)]*\) )?not aligned|operands could not be broadcast together"
        ),
        "The shapes of two arrays do not fit each other.",
        "Compare the data's width, or the checkpoint's layers, with what the model is built for.",
        Confidence.LIKELY,
        source="NumPy, PyTorch",
    ),
    Known(
        "missing-column",
        words(r"KeyError: (?P<words>[\"'](?:None of \[|\[.*\] not (?:in index|found in axis)).*)"),
        "The table does not have the columns that the script asks for.",
        "Compare the names with the file's header; a file without a header is read with its first row as one.",
        Confidence.LIKELY,
        source="pandas",
    ),
    Known(
        "empty-table",
        words(r"EmptyDataError: No columns to parse from file"),
        "A table that is read is empty.",
        "Look at what the step before wrote, and whether the input names the right file.",
        source="pandas",
    ),
    Known(
        "unreadable-json",
        words(r"JSONDecodeError: (?P<words>[^\n]+)"),
        "A text that should be JSON is not ({words}).",
        "Look at the file that is read: empty, cut off, one object per line, or an error page.",
        Confidence.LIKELY,
        source="Python",
    ),
    Known(
        "not-utf-8",
        words(r"UnicodeDecodeError: 'utf-8' codec can't decode"),
        "A file that is read as text is not UTF-8.",
        "Name its encoding when reading (`encoding='latin-1'`), or read it as what it is (zip, parquet, gzip).",
        source="Python",
    ),
    Known(
        "syntax",
        words(r"\b(?P<kind>SyntaxError|IndentationError|TabError): (?P<words>[^\n]+)"),
        "The script is not valid Python for the version that runs it ({words}).",
        "Correct the line shown; newer syntax needs an image with a newer Python.",
        source="Python",
    ),
    Known(
        "unpickling",
        words(
            r"UnpicklingError|unsupported pickle protocol|ValueError: node array from the pickle has an incompatible dtype"
        ),
        "A saved object was written by another version of Python or of its package.",
        "Use the same image, or the same versions, for the step that writes and the step that reads.",
        Confidence.LIKELY,
        source="Python, scikit-learn",
    ),
    Known(
        "write-denied",
        words(r"PermissionError: \[Errno 13\] Permission denied: '(?P<path>[^']+)'"),
        "The script may not write or read `{path}`.",
        "Write below `/opt/ml/model`, `/opt/ml/output`, an output of the step, or `/tmp`.",
        source="Python",
    ),
    Known(
        "read-only",
        words(r"OSError: \[Errno 30\] Read-only file system: '(?P<path>[^']+)'"),
        "`{path}` is on a file system that cannot be written: inputs in FastFile mode are.",
        "Write below `/opt/ml/model`, `/opt/ml/output`, an output of the step, or `/tmp`; copy an input before changing it.",
        source="Python",
    ),
    Known(
        "too-many-open-files",
        words(r"OSError: \[Errno 24\] Too many open files"),
        "The program holds more files open than it may.",
        "Close files (`with open(…)`), or use fewer data loader workers.",
        source="Python",
    ),
    Known(
        "no-credentials",
        words(r"NoCredentialsError: Unable to locate credentials|Unable to locate credentials\. You can configure"),
        "The step's code calls AWS and has no credentials.",
        "A job has its role's, unless it is isolated from the network (`isolated`) or the code asks for a profile by name.",
        source="botocore",
    ),
    Known(
        "no-region",
        words(r"NoRegionError: You must specify a region"),
        "The step's code calls AWS without saying in which region.",
        "Set AWS_DEFAULT_REGION under `environment:`, or give `region_name` to the client.",
        source="botocore",
    ),
    Known(
        "network",
        words(
            r"ConnectionRefusedError|socket\.gaierror|URLError: <urlopen error|EndpointConnectionError|Could not connect to the endpoint URL|ConnectTimeoutError|Connect timeout on endpoint URL|Temporary failure in name resolution|NameResolutionError|Network is unreachable|Failed to establish a new connection"
        ),
        "The step's code could not reach another machine.",
        "A job in a VPC needs a NAT gateway or an endpoint for what it calls; an isolated job reaches nothing.",
        Confidence.LIKELY,
        seen=(Seen.RAISED, Seen.REASON),
        source="botocore, urllib3",
    ),
)
