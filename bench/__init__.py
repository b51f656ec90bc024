"""How fast it is, beside the least that the same work could take, and beside what offices use today."""
