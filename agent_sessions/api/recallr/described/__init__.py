"""What the OpenAPI document tells of this wire."""

from __future__ import annotations

from .endpoints import PATH_PARAMETERS, SECURITY_SCHEMES, TAGS, endpoints

__all__ = ["PATH_PARAMETERS", "SECURITY_SCHEMES", "TAGS", "endpoints"]
