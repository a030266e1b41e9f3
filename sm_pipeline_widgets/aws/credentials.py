"""Credentials that are read again from where they came once the service refuses them.

boto3 reads a profile once. Who signs in again (a new token in ``~/.aws/credentials``, ``aws sso login``, other
environment variables) would have to start the kernel again; with these, the next request simply has the new ones.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Callable


class RenewingCredentials:
    """Stands before whatever the usual chain found, with the members that botocore asks credentials for.

    Parameters
    ----------
    found
        What the chain found first.
    find
        Goes through the chain anew; None where there is nothing any more.
    """

    def __init__(self, found: Any, find: Callable[[], Any]) -> None:
        self._inner = found
        self._find = find
        self._is_refused = False
        self._lock = threading.Lock()

    def refused(self) -> None:
        """The service did not accept them: read them again before the next request."""
        self._is_refused = True

    @property
    def access_key(self) -> Any:
        return self._current().access_key

    @property
    def secret_key(self) -> Any:
        return self._current().secret_key

    @property
    def token(self) -> Any:
        return self._current().token

    @property
    def method(self) -> Any:
        return self._inner.method

    @property
    def account_id(self) -> Any:
        return self._inner.account_id

    def get_frozen_credentials(self) -> Any:
        """The keys for one request.

        Raises
        ------
        BotoCoreError
            The chain cannot give any now (a sign-in that has ended).
        """
        try:
            return self._current().get_frozen_credentials()
        except BotoCoreError:
            self._is_refused = True
            raise

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        return lambda: getattr(self, property_name, None)

    def _current(self) -> Any:
        with self._lock:
            if self._is_refused:
                self._is_refused = False
                self._inner = self._find() or self._inner
            return self._inner


class RenewingChain:
    """Takes the place of a botocore session's ``credential_provider``."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find
        self.found: RenewingCredentials | None = None

    def load_credentials(self) -> RenewingCredentials | None:
        """What the chain finds, or None (botocore asks once, and again while there are none)."""
        inner = self._find()
        self.found = RenewingCredentials(inner, self._find) if inner is not None else None
        return self.found

    def refused(self) -> None:
        """The service refused what was found."""
        if self.found is not None:
            self.found.refused()
