"""Messages verify with the package that partners use, and with nothing else."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.webhooks.signing import new_signing_secret, signed_headers

BODY = '{"type":"PURCHASE","data":{"name":"王小明"}}'.encode()


def test_a_message_verifies() -> None:
    secret = new_signing_secret()
    headers = signed_headers([secret], "ZXZlbnQ6MQ==", int(time.time()), BODY)
    assert Webhook(secret).verify(BODY, headers) == {
        "type": "PURCHASE",
        "data": {"name": "王小明"},
    }


def test_it_verifies_with_either_of_two_secrets_and_no_third() -> None:
    new, old = new_signing_secret(), new_signing_secret()
    headers = signed_headers([new, old], "1", int(time.time()), BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_signing_secret()).verify(BODY, headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_what_was_changed_does_not_verify(changed: str) -> None:
    secret = new_signing_secret()
    headers = signed_headers([secret], "1", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers)
    headers[changed] = str(int(headers["webhook-timestamp"]) - 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_every_secret_is_another() -> None:
    secrets = {new_signing_secret() for _ in range(5)}
    assert len(secrets) == 5
    assert all(secret.startswith("whsec_") and len(secret) == 50 for secret in secrets)
