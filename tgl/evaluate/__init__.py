"""Evaluation: data and splits, costs, paired scores, baselines, and the final measurement."""

from tgl.evaluate.data import Dataset, Example, Given, Loaded, load_dataset
from tgl.evaluate.data_problems import DataProblem, EmptySplit, RepeatedRows
from tgl.evaluate.splits import Purpose, SealedSplit, SplitName, Splits, split, split_of

__all__ = [
    "DataProblem",
    "Dataset",
    "EmptySplit",
    "Example",
    "Given",
    "Loaded",
    "Purpose",
    "RepeatedRows",
    "SealedSplit",
    "SplitName",
    "Splits",
    "load_dataset",
    "split",
    "split_of",
]
