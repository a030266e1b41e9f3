"""The code cells that the templates' steps begin with: small, whole, and with nothing but Python's own library.

They run as they are on the engine of this machine, and in the containers of AWS's images; each is to be replaced.
"""

from __future__ import annotations

PREPARE = """\
# Makes a small table; read your own data here.
import csv
import os
import random
from pathlib import Path

random.seed(0)
rows = []
for _ in range(200):
    x = random.uniform(0, 10)
    rows.append((x, 3 * x + 5 + random.gauss(0, 2)))
for name, part in {"train": rows[:150], "test": rows[150:]}.items():
    folder = Path(os.environ[f"SM_OUTPUT_{name.upper()}"])
    with (folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("x", "y"), *part])
    print(f"{name}: {len(part)} rows")
"""

TRAIN = """\
# Fits a line; what is left in SM_MODEL_DIR becomes model.tar.gz.
import argparse
import csv
import json
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float, default=0.0)
options = parser.parse_args()


def read(folder):
    with (Path(folder) / "data.csv").open() as file:
        return [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]


rows = read(os.environ["SM_CHANNEL_TRAIN"])
mean_x = sum(x for x, _ in rows) / len(rows)
mean_y = sum(y for _, y in rows) / len(rows)
slope = sum((x - mean_x) * (y - mean_y) for x, y in rows) / (sum((x - mean_x) ** 2 for x, _ in rows) + options.alpha)
model = {"slope": slope, "intercept": mean_y - slope * mean_x}
held_out = read(os.environ["SM_CHANNEL_TEST"]) if "SM_CHANNEL_TEST" in os.environ else rows
errors = [(model["slope"] * x + model["intercept"] - y) ** 2 for x, y in held_out]
print(f"rmse={(sum(errors) / len(errors)) ** 0.5:.4f}")
(Path(os.environ["SM_MODEL_DIR"]) / "model.json").write_text(json.dumps(model))
"""

EVALUATE = """\
# Measures the model on rows it has not seen; the condition reads the file that is written.
import csv
import json
import os
import tarfile
from pathlib import Path

folder = Path(os.environ["SM_INPUT_MODEL"])
with tarfile.open(folder / "model.tar.gz") as archive:
    model = json.loads(archive.extractfile("model.json").read())
with (Path(os.environ["SM_INPUT_TEST"]) / "data.csv").open() as file:
    rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
errors = [(model["slope"] * x + model["intercept"] - y) ** 2 for x, y in rows]
rmse = (sum(errors) / len(errors)) ** 0.5
print(f"rmse={rmse:.4f} on {len(rows)} rows")
(Path(os.environ["SM_OUTPUT_REPORT"]) / "evaluation.json").write_text(json.dumps({"rmse": rmse}))
"""

PREPARE_BATCH = """\
# Makes rows to learn from, and rows to predict; read your own data here.
import csv
import os
import random
from pathlib import Path

random.seed(0)
rows = []
for _ in range(150):
    x = random.uniform(0, 10)
    rows.append((x, 3 * x + 5 + random.gauss(0, 2)))
with (Path(os.environ["SM_OUTPUT_TRAIN"]) / "data.csv").open("w", newline="") as file:
    csv.writer(file).writerows([("x", "y"), *rows])
batch = "".join(f"{random.uniform(0, 10):.3f}\\n" for _ in range(20))
(Path(os.environ["SM_OUTPUT_BATCH"]) / "batch.csv").write_text(batch)
"""

SERVE = """\
# How the model answers: what it is loaded from, how requests are read and answers written.
import json
from pathlib import Path


def model_fn(model_dir):
    return json.loads((Path(model_dir) / "model.json").read_text())


def input_fn(body, content_type):
    return [float(line) for line in body.split()]


def predict_fn(values, model):
    return [model["slope"] * x + model["intercept"] for x in values]


def output_fn(predictions, accept):
    return "".join(f"{value:.4f}\\n" for value in predictions)
"""

SCORE = """\
# Runs once for each item; `--kind` is the item.
import argparse
import os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--kind")
options = parser.parse_args()
result = Path(os.environ["SM_OUTPUT_RESULT"]) / "result.txt"
result.write_text(f"what was made of {options.kind}\\n")
print("done with", options.kind)
"""
