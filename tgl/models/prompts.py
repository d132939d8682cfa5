"""Rendering a conversation as one text, for weights that have no chat template of their own."""

from __future__ import annotations

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tgl.models.protocol import ChatMessage, ErrorKind, ModelError, Role


class PromptTemplate:
    """Jinja text over `messages`, each with `role` and `content`, rendered in a sandbox.

    Raises:
        ModelError: BAD_REQUEST if the text is no template.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        try:
            self.template = ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text)
        except TemplateError as error:
            raise self.refusal(error) from error

    def __call__(self, messages: tuple[ChatMessage, ...]) -> str:
        """The prompt's text."""
        said = [{"role": message.role.value, "content": message.content} for message in messages]
        try:
            return self.template.render(messages=said)
        except TemplateError as error:
            raise self.refusal(error) from error

    def opened(self, messages: tuple[ChatMessage, ...], opening: str) -> str:
        """The prompt's text with the reply begun: cut where a finished reply of these words ends.

        Raises:
            ModelError: BAD_REQUEST if the template does not show a reply as it is.
        """
        whole = self((*messages, ChatMessage(Role.ASSISTANT, opening)))
        before, found, _ = whole.rpartition(opening)
        if not found:
            raise ModelError(
                ErrorKind.BAD_REQUEST,
                f"model `{self.name}`: its prompt template changes a reply's text, so none can be continued",
                help="check the pack's `template`",
            )
        return before + found

    def refusal(self, error: TemplateError) -> ModelError:
        """The template's fault, in words."""
        return ModelError(
            ErrorKind.BAD_REQUEST,
            f"model `{self.name}`: its prompt template can't be rendered ({error})",
            help="check the pack's `template`",
        )
