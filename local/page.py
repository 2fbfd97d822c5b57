"""The files of the page in `web/` with the npm packages that its import map names, and its configuration.

There is no build step: browsers get the files as they are, from the local stack and from an environment on AWS.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infrastructure.environment import Environment
from local import state_folder
from local.toolchain import ROOT, Line, npm_packages
from photosky.imaging.presets import Preset

SOURCE: Final = ROOT / "web"
CACHE: Final = state_folder.DEFAULT / "page"

INDEX: Final = "index.html"
CONFIG: Final = "config.json"
CONFIG_TYPE: Final = "application/json"

CONTENT_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The media types of the page's files, by their suffix. Other files of the folder do not belong to the page."""

TILE_SIDES_PX: Final = (480, 960)
"""The longer side that the page's tiles need on screens with one and with two pixels per CSS pixel.

Rows are at most about 280 CSS pixels high (`web/gallery/grid.js`), and few photos are wider than 16:9."""

IMPORT_MAP: Final = re.compile(r'(?<=<script type="importmap">).*?(?=</script>)', re.DOTALL)

_PACKAGES: Final = "packages/"


@dataclass(frozen=True)
class PageFiles:
    """The page's folder, and that of its npm packages. They are read with each use, so that changes are served."""

    source: Path
    packages: Path

    @property
    def index(self) -> str:
        """The text of the document."""
        return (self.source / INDEX).read_text()

    @property
    def import_map(self) -> str:
        """The text of the import map's element."""
        (found,) = IMPORT_MAP.findall(self.index)
        return str(found)

    def paths(self) -> Mapping[str, Path]:
        """All files but `config.json`, by the names under which they are served."""
        own = (path for path in self.source.rglob("*") if path.suffix in CONTENT_TYPES)
        addresses: Mapping[str, str] = json.loads(self.import_map)["imports"]
        imported = [address.removeprefix("./") for address in addresses.values()]
        return {path.relative_to(self.source).as_posix(): path for path in own} | {
            name: self.packages / name.removeprefix(_PACKAGES) for name in imported
        }


def install(on_line: Line, cache: Path = CACHE) -> PageFiles:
    """Return the page's files, after installing the packages of its lock file. Raises CommandFailed."""
    return PageFiles(SOURCE, npm_packages(SOURCE, cache, on_line))


def configuration(api_url: str, cognito_url: str, client_id: str, environment: Environment) -> dict[str, Any]:
    """Return the content of `config.json`, which the page documents in `config.js`."""
    return {
        "api_url": api_url,
        "cognito_url": cognito_url,
        "client_id": client_id,
        "trash_days": environment.trash_days,
        "self_sign_up": environment.self_sign_up,
        "mfa": environment.mfa,
        "tile_previews": tile_previews(environment.presets),
    }


def tile_previews(presets: Sequence[Preset]) -> list[str]:
    """The names of the presets that tiles need: for each kind of screen the smallest that suffices, or the largest."""
    whole = sorted((preset for preset in presets if preset.fit == "inside"), key=_longer_side)
    fitting = ([preset for preset in whole if _longer_side(preset) >= side] or whole[-1:] for side in TILE_SIDES_PX)
    return list(dict.fromkeys(found[0].name for found in fitting if found))


def _longer_side(preset: Preset) -> int:
    return max(preset.width, preset.height)
