"""What can go wrong that a person has to mend.

    TidelineError                 one clear line on stderr, exit status 2
    |-- SettingError              tideline.toml or the environment
    |-- CatalogueError            a source, theme, conference or watchlist file
    |-- StoreError                the database
    |   |-- NewerDatabase         made by a newer version of Tideline
    |   `-- DatabaseBusy          another daemon or run holds it
    |-- QuestionError             SQL that was refused or failed
    |-- DecisionError             a decision about stories that can't be carried out
    |-- ModelError                an outside model is missing or not the one named
    |-- CollectError              the crawler process failed as a whole
    `-- DeliveryError             an output could not be reached

What the wild web does wrong is no exception but a value, ``model.Rejection``.
"""


class TidelineError(Exception):
    """The root of what a person has to mend."""


class SettingError(TidelineError):
    """A setting is unknown, missing or of the wrong kind; names the file and the field."""


class CatalogueError(TidelineError):
    """A data file is wrong; the message names the file, the table and the field."""

    def __init__(self, file: object, table: str, field: str, what: str) -> None:
        super().__init__(f"{file}: [{table}] {field}: {what}")


class StoreError(TidelineError):
    """The database cannot be used."""


class NewerDatabase(StoreError):
    """The database was made by a newer version of Tideline."""


class DatabaseBusy(StoreError):
    """Another process works on this database."""


class QuestionError(TidelineError):
    """A question that was refused, or that the database could not answer."""


class DecisionError(TidelineError):
    """A story can't be split, merged or put back as was asked; nothing was changed."""


class ModelError(TidelineError):
    """An outside model is missing, or is not the one that the manifest names."""


class CollectError(TidelineError):
    """The crawler process failed as a whole."""


class DeliveryError(TidelineError):
    """An output could not be reached."""
