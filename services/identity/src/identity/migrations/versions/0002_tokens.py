"""Empty: these tables are the chassis' own and come with its chain. The number stays for databases that have it."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    return
