"""The people of the house, and the roles that say what they may do."""

from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

ADMINISTRATOR_ROLE_ID = UUID("c0ffe12e-0000-5000-8000-00000000a001")
"""The role that has every permission, in every database. Who changes staff or roles locks its row,
so that all such changes are decided one after the other."""


class StaffMember(Model):
    """A person of the house: an operator acts by the roles that they hold, a supervisor reads.

    ``email`` is kept in lower case, the password by Argon2id, once the member has set one with the
    one-time code of the invitation, which is kept hashed.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=10)
    name = fields.CharField(max_length=80)
    email = fields.CharField(max_length=254, unique=True)
    standing = fields.CharField(max_length=12)
    password_hash = fields.CharField(max_length=200, null=True)
    invitation_hash = fields.CharField(max_length=64, null=True, unique=True)
    invited_until = fields.DatetimeField(null=True)
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()
    active_since = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_member"
        indexes = [Index(fields=("standing",), name="staff_member_standing")]


class Role(Model):
    """A named set of permissions, ``permissions`` being their names with spaces between them.

    No two roles that are offered share a name. A removed one stays, for the audit log's sake.
    """

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=40)
    description = fields.CharField(max_length=200)
    permissions = fields.TextField()
    state = fields.CharField(max_length=8)
    created_by = fields.CharField(max_length=64)
    created_at = fields.DatetimeField()

    class Meta:
        table = "role"
        indexes = [Index(fields=("state",), name="role_state")]


class StaffRole(Model):
    """That a member holds a role, or held it: the row stays and says when it was taken away."""

    id = fields.UUIDField(primary_key=True)
    member_id = fields.UUIDField()
    role_id = fields.UUIDField()
    state = fields.CharField(max_length=8)
    given_by = fields.CharField(max_length=64)
    given_at = fields.DatetimeField()
    taken_by = fields.CharField(max_length=64, null=True)
    taken_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_role"
        indexes = [
            Index(fields=("member_id", "state"), name="staff_role_member"),
            Index(fields=("state",), name="staff_role_state"),
        ]
