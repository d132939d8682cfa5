"""The `simulated` provider: a documented statistical model of chat models (docs/simulation.md).

It is no measurement: every figure that comes from it is labelled as simulated.
"""

from tgl.models.simulated.answering import chance_of_right, decide
from tgl.models.simulated.items import Fields, Item, ItemBank, ItemsError, bank_of, item_digest, read_bank
from tgl.models.simulated.model import MODEL_VERSION, SimulatedModel, Simulation, simulation
from tgl.models.simulated.profile import (
    Chosen,
    FittedItem,
    Profile,
    ProfileError,
    ProfileFile,
    find_profile,
    is_file_profile,
    profile_names,
    read_profiles,
    shipped,
)
from tgl.models.simulated.provider import (
    SIMULATED,
    SimulatedProvider,
    in_folder,
    simulation_of,
    task_settings,
)
from tgl.models.simulated.reading import Reading, read_request

__all__ = [
    "MODEL_VERSION",
    "SIMULATED",
    "Chosen",
    "Fields",
    "FittedItem",
    "Item",
    "ItemBank",
    "ItemsError",
    "Profile",
    "ProfileError",
    "ProfileFile",
    "Reading",
    "SimulatedModel",
    "SimulatedProvider",
    "Simulation",
    "bank_of",
    "chance_of_right",
    "decide",
    "find_profile",
    "in_folder",
    "is_file_profile",
    "item_digest",
    "profile_names",
    "read_bank",
    "read_profiles",
    "read_request",
    "shipped",
    "simulation",
    "simulation_of",
    "task_settings",
]
