# SPDX-License-Identifier: LGPL-2.1-or-later
"""The schema generator: schema.py reads, check.py checks into the types of model.py, emit_c.py writes C."""
