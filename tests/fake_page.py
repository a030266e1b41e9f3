"""A page that speaks the editor's messages: holds a text, sends it with every request, takes what is written."""

from __future__ import annotations

import itertools

from comm.base_comm import BaseComm

from sm_pipeline_widgets.widgets.edit_facts import edit_fact


class RecordingComm(BaseComm):
    """A comm that keeps what was sent."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        self.listener = None
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, **_rest):
        self.sent.append((msg_type, data or {}))
        if self.listener is not None and (data or {}).get("method") == "custom":
            self.listener(data["content"])


class FakePage:
    """One view's page."""

    def __init__(self, view, text=""):
        self.view, self.text = view, text
        self.notes = []
        self._tickets = itertools.count(1)
        view.comm = RecordingComm(target_name="jupyter.widget")
        view.canvas.comm = RecordingComm(target_name="jupyter.widget")

    def ask(self, kind, **more):
        """Send a request with the page's text; the one answer of its ticket."""
        self.view.comm.sent.clear()
        self.view.canvas.comm.sent.clear()
        content = {"kind": kind, "ticket": next(self._tickets), "text": self.text, **more}
        if kind == "edit_palette":
            del content["text"]
        elif kind == "edit_text":
            content.setdefault("follows", self.text)
        self.tell(content)
        (answer,) = [one for one in self.customs() if one.get("ticket") == content["ticket"]]
        return answer

    def tell(self, content):
        """Send a message as the page's comm does."""
        self.view.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def listen(self, listener):
        """Be told of every message of the kernel as it comes, whatever thread sends it."""
        self.view.comm.listener = listener

    def customs(self):
        """What the kernel has sent since the last request, in its order."""
        sent = [data for kind, data in self.view.comm.sent if kind == "comm_msg"]
        return [data["content"] for data in sent if data.get("method") == "custom"]

    def updates(self):
        """What has changed of the view and of its canvas since the last request, one dict for each message."""
        both = [*self.view.comm.sent, *self.view.canvas.comm.sent]
        return [data["state"] for kind, data in both if kind == "comm_msg" and data.get("method") == "update"]

    def write(self, kind, **more):
        """Ask for a new text and take it, as a page does whose cell was not touched meanwhile."""
        answer = self.ask(kind, **more)
        assert answer["kind"] == "edit_written", answer
        assert answer["before"] == self.text
        self.text = answer["text"]
        self.notes += answer["notes"]
        return answer

    def edit(self, *edits):
        """Apply edits."""
        return self.write("edit_apply", edits=[edit_fact(edit) for edit in edits])

    def type(self, text):
        """Write into the cell."""
        before, self.text = self.text, text
        return self.ask("edit_text", follows=before)

    def connect(self, source, target, *, into=None, says=""):
        """Draw a line between two cards, and choose the first edge that goes into that key."""
        choices = self.ask("edit_connections", source=source, target=target)["choices"]
        (choice, *_) = [one for one in choices if into is None or one["edit"]["input"][0] == into]
        edit = dict(choice["edit"])
        if choice["asks"]:
            edit["output"] = f"{edit['output']}.{says}"
        return self.write("edit_apply", edits=[edit])

    def form(self, *steps, below=None):
        """The fields of a form by their paths."""
        message = self.ask("edit_form", steps=list(steps), below=below)
        assert message["error"] == "", message
        found = {}
        pending = [field for section in message["sections"] for field in section["fields"]]
        while pending:
            field = pending.pop(0)
            found[tuple(field["path"])] = field
            pending += field["fields"]
        return found
