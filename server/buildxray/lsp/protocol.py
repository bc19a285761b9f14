"""A pygls protocol that answers every request and does not leak futures.

Three things differ from pygls 2.1: the future of a notification is forgotten when it is done (docs/upstream/ has the
change for pygls itself); a message that cannot be read is answered; and a message is dispatched by its fields, where
`isinstance` with runtime-checkable protocols took a sixth of the time of a keystroke.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol

_log = logging.getLogger("buildxray")
_PARSE_ERROR: Final = -32700
_INVALID_REQUEST: Final = -32600
_INVALID_PARAMS: Final = -32602
_NOT_INITIALIZED: Final = -32002
_OPTIONAL: Final = ("clientInfo", "locale", "rootPath", "trace", "workspaceFolders", "workDoneToken")
"""Optional fields of `initialize` besides the capabilities."""


class Protocol(LanguageServerProtocol):
    """Answers every request once, even a malformed one."""

    _is_initialized = False

    def receive(self, raw: object) -> None:
        """Effect: handle a message, given as decoded JSON."""
        if not isinstance(raw, dict) or raw.get("jsonrpc") != "2.0" or not isinstance(raw.get("id"), _IDS):
            self.refuse(None, _INVALID_REQUEST, "not a JSON-RPC message")
            return
        method, id_ = raw.get("method"), raw.get("id")
        if not isinstance(method, str):
            self._receive_response(raw)
            return
        if self._shutdown and method != types.EXIT:
            if id_ is not None:
                self.refuse(id_, _INVALID_REQUEST, "the server is shutting down")
            return
        if method == types.INITIALIZE:
            self._is_initialized = True
        elif not self._is_initialized and method != types.EXIT:
            if id_ is not None:
                self.refuse(id_, _NOT_INITIALIZED, "the server is not initialized")
            return
        message = self._structured(raw, method)
        if message is None:
            # A notification has no answer, and a pop-up for each error would disturb users.
            if id_ is not None:
                self.refuse(id_, _INVALID_PARAMS, f"the parameters of {method} are wrong")
            return
        context = contextvars.copy_context()
        params = getattr(message, "params", None)
        if id_ is None:
            context.run(self._handle_notification, method, params)
        else:
            context.run(self._handle_request, id_, method, params)

    def refuse(self, id_: int | str | None, code: int, message: str) -> None:
        """Effect: answer a request with an error; the id is None for a message without a readable one."""
        _log.info("refused: %s", message)
        # The types of lsprotocol omit a missing id, but JSON-RPC requires null.
        self._send_data({"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}})

    def refuse_text(self, reason: str) -> None:
        """Effect: answer a message that is not JSON."""
        self.refuse(None, _PARSE_ERROR, reason)

    def _receive_response(self, raw: dict[str, Any]) -> None:
        try:
            message = self.structure_message(raw)
        except Exception:  # noqa: BLE001 - a converter raises whatever it meets
            _log.info("an answer cannot be read")
            self._request_futures.pop(raw.get("id", ""), None)
            return
        error = getattr(message, "error", None)
        future = self._request_futures.get(raw.get("id", ""))
        if error is not None and future is not None:
            # A client may refuse a request; nothing here depends on the answer.
            self._request_futures.pop(raw["id"], None)
            self._result_types.pop(raw["id"], None)
            future.cancel()
            return
        if hasattr(message, "result"):
            contextvars.copy_context().run(self._handle_response, message.id, message.result)

    def _structured(self, raw: dict[str, Any], method: str) -> Any:  # noqa: ANN401 - each method has its own type
        """The typed message of a method; None if its parameters are malformed."""
        try:
            return self._structure(raw, method)
        except Exception as error:  # noqa: BLE001 - a converter raises whatever it meets
            if method != types.INITIALIZE:
                _log.info("the parameters of %s are wrong: %s", method, error)
                return None
        return self._initialize_without(raw)

    def _structure(self, raw: dict[str, Any], method: str) -> Any:  # noqa: ANN401
        message_type = self.get_message_type(method)
        if message_type is None:
            return _Unknown(raw.get("params"))
        return self._converter.structure(raw, message_type)

    def _initialize_without(self, raw: dict[str, Any]) -> Any:  # noqa: ANN401
        """The message `initialize` without malformed capabilities and options; None if that does not help."""
        params = raw.get("params")
        given = dict(params) if isinstance(params, Mapping) else {}
        capabilities = given.get("capabilities")
        kept: dict[str, Any] = {}
        for group, features in capabilities.items() if isinstance(capabilities, Mapping) else ():
            if isinstance(features, Mapping):
                kept[group] = {it: value for it, value in features.items() if self._is_right(group, {it: value})}
            elif self._is_right(group, features):
                kept[group] = features
        essential = {"processId": None, "rootUri": None, **given, "capabilities": kept}
        if not isinstance(essential["rootUri"], str):
            essential["rootUri"] = None
        if not isinstance(essential["processId"], int):
            essential["processId"] = None
        for params in (essential, {it: value for it, value in essential.items() if it not in _OPTIONAL}):
            try:
                return self._structure({**raw, "params": params}, types.INITIALIZE)
            except Exception as error:  # noqa: BLE001
                _log.info("initialize is malformed: %s", error)
        return None

    def _is_right(self, group: str, features: object) -> bool:
        try:
            self._converter.structure({group: features}, types.ClientCapabilities)
        except Exception:  # noqa: BLE001
            _log.info("the client's capability %s is malformed: it counts as missing", group)
            return False
        return True

    def _execute_handler(
        self,
        msg_id: int | str,
        handler: Callable[..., Any],
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """Execute a handler, and forget its future when it is done; pygls keeps those of notifications for ever."""

        def forget(future: Any) -> None:  # noqa: ANN401 - of asyncio or of concurrent.futures
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, forget, args, kwargs)


class _Unknown:
    """A message of an unknown method."""

    def __init__(self, params: object) -> None:
        self.params = params


_IDS: Final = (int, str, type(None))
