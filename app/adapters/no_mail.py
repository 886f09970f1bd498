"""The mail of a server that was not told where to hand letters to."""

from services.mail import Letter, MailUnavailable


class NoMail:
    """``Mail`` that takes nothing: letters wait, and are given up when their time is over."""

    async def send(self, letter: Letter) -> None:
        """Take nothing.

        Raises:
            MailUnavailable: Always.
        """
        del letter
        raise MailUnavailable("COFFER_SMTP_URL is not set")
