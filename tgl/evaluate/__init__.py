"""Evaluation: data and splits, costs, paired scores, baselines, and the final measurement."""

from tgl.evaluate.alone import Alone, measure_alone
from tgl.evaluate.base_roles import BaseRole, base_role, base_variants
from tgl.evaluate.baselines import Affordable, Baseline, routes_of
from tgl.evaluate.bench import FAILURES, Notice, Notify, failures_in
from tgl.evaluate.bounds import one_bound, worst_bound
from tgl.evaluate.by_judge import ByJudge, Judging, judge_of, judging_of
from tgl.evaluate.by_tests import ByTests
from tgl.evaluate.by_vectors import ByVectors, vectors_of
from tgl.evaluate.calibration import calibrated, price_list, reference_program
from tgl.evaluate.cost import (
    CostModel,
    NoPrice,
    Price,
    Tokens,
    Use,
    cost_model,
    dollar_prices,
    mean_tokens,
    needs_calibration,
    unit_name,
)
from tgl.evaluate.data import (
    Dataset,
    Example,
    Given,
    Loaded,
    dataset_of,
    given_text,
    load_dataset,
    readable_dataset,
)
from tgl.evaluate.data_problems import DataProblem, EmptySplit
from tgl.evaluate.dropping import Allowance, ExampleFailed
from tgl.evaluate.ending import Found, FoundFront
from tgl.evaluate.evaluation import Evaluation, ExampleResult
from tgl.evaluate.evaluator import Evaluator, Runner
from tgl.evaluate.failures import failures_of
from tgl.evaluate.front import MOST_POINTS, Prices, choose_points
from tgl.evaluate.front_report import FrontReport, PointReport
from tgl.evaluate.ledger import Forecast, Ledger, Need
from tgl.evaluate.limits import Meter, limit_text
from tgl.evaluate.measure import FINAL_SALT, difference, figures, responses_hash, verdict
from tgl.evaluate.optimize import NotFound, Search, SearchResult
from tgl.evaluate.outcomes import NoCandidate, NothingFeasible, SpendTooSmall
from tgl.evaluate.report import (
    BaselineReport,
    ChoiceLine,
    Difference,
    Estimate,
    FailureLine,
    FailureReport,
    GroupFigures,
    JudgeFigures,
    LedgerReport,
    LimitReport,
    NodeLine,
    ProgramFigures,
    SearchReport,
    Selection,
    Spending,
    SpendReport,
)
from tgl.evaluate.scoring import Agreeing, NotScored, Scorer, scorer_of
from tgl.evaluate.selection import Choice, Deficit, Finalist, choose, deficit, finalists, mean_cost
from tgl.evaluate.shots import read_shots
from tgl.evaluate.simple_programs import (
    Route,
    best,
    greedy,
    reachable_models,
    router,
    standard_grader,
    vote,
)
from tgl.evaluate.splits import Purpose, SealedSplit, SplitName, Splits, split, split_of
from tgl.evaluate.worst import worst_dollars

__all__ = [
    "FAILURES",
    "FINAL_SALT",
    "MOST_POINTS",
    "Affordable",
    "Agreeing",
    "Allowance",
    "Alone",
    "BaseRole",
    "Baseline",
    "BaselineReport",
    "ByJudge",
    "ByTests",
    "ByVectors",
    "Choice",
    "ChoiceLine",
    "CostModel",
    "DataProblem",
    "Dataset",
    "Deficit",
    "Difference",
    "EmptySplit",
    "Estimate",
    "Evaluation",
    "Evaluator",
    "Example",
    "ExampleFailed",
    "ExampleResult",
    "FailureLine",
    "FailureReport",
    "Finalist",
    "Forecast",
    "Found",
    "FoundFront",
    "FrontReport",
    "Given",
    "GroupFigures",
    "JudgeFigures",
    "Judging",
    "Ledger",
    "LedgerReport",
    "LimitReport",
    "Loaded",
    "Meter",
    "Need",
    "NoCandidate",
    "NoPrice",
    "NodeLine",
    "NotFound",
    "NotScored",
    "NothingFeasible",
    "Notice",
    "Notify",
    "PointReport",
    "Price",
    "Prices",
    "ProgramFigures",
    "Purpose",
    "Route",
    "Runner",
    "Scorer",
    "SealedSplit",
    "Search",
    "SearchReport",
    "SearchResult",
    "Selection",
    "SpendReport",
    "SpendTooSmall",
    "Spending",
    "SplitName",
    "Splits",
    "Tokens",
    "Use",
    "base_role",
    "base_variants",
    "best",
    "calibrated",
    "choose",
    "choose_points",
    "cost_model",
    "dataset_of",
    "deficit",
    "difference",
    "dollar_prices",
    "failures_in",
    "failures_of",
    "figures",
    "finalists",
    "given_text",
    "greedy",
    "judge_of",
    "judging_of",
    "limit_text",
    "load_dataset",
    "mean_cost",
    "mean_tokens",
    "measure_alone",
    "needs_calibration",
    "one_bound",
    "price_list",
    "reachable_models",
    "read_shots",
    "readable_dataset",
    "reference_program",
    "responses_hash",
    "router",
    "routes_of",
    "scorer_of",
    "split",
    "split_of",
    "standard_grader",
    "unit_name",
    "vectors_of",
    "verdict",
    "vote",
    "worst_bound",
    "worst_dollars",
]
