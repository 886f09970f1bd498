"""Where the trusted documents of a process come from."""

from app.settings import Settings
from app.transport import BadRegistry
from app.transport.trusted import decode


def trusted_documents_of(settings: Settings) -> list[str]:
    """Return the documents in the registry that the settings name.

    Raises:
        BadRegistry: It cannot be read.
    """
    path = settings.trusted_documents
    if path is None:
        return []
    try:
        return [*decode(path.read_bytes()).values()]
    except OSError as error:
        raise BadRegistry(f"cannot read {path}: {error.strerror}") from None
    except BadRegistry as error:
        raise BadRegistry(f"{path}: {error}") from None
