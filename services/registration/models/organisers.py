"""Organisers, their sign-ins and API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.registration.models.base import Model
from shared.database.ids import new_id
from shared.database.types import UtcDateTime


class Organiser(Model):
    """Somebody who may sign in to the console. The password is kept as an argon2 hash."""

    __tablename__ = "organisers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Model):
    """One signed-in browser. Its cookie holds a random token, stored only as a hash; deleting the row signs out every
    copy of the cookie."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index("ix_sign_ins_organiser_id", "organiser_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    organiser_id: Mapped[UUID] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organiser: Mapped[Organiser] = relationship(lazy="joined", innerjoin=True)


class ApiKey(Model):
    """A key for the API, of which only the SHA-256 is kept: it is long and random, so that is enough."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
