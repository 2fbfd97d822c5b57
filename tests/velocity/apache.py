"""Apache Velocity 1.7 from Debian's packages: the reference for the local renderer.

Mapping templates are written in Velocity's language (API Gateway guide, "Mapping template transformations for REST
APIs"); the guide names no version.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.velocity.requests import Rendered, Request

PACKAGES: Final = "default-jdk-headless libgoogle-gson-java velocity"
"""Debian's packages. A JRE does not suffice: `java` compiles the renderer."""

_JARS: Final = [
    Path("/usr/share/java") / f"{name}.jar" for name in ("velocity", "commons-collections3", "commons-lang", "gson")
]
_RENDERER: Final = Path(__file__).with_name("Renderer.java")


def missing() -> list[str]:
    """What is not installed of the programs and archives that `rendered_by_apache` needs."""
    programs = [name for name in ("java", "javac") if shutil.which(name) is None]
    return programs + [str(jar) for jar in _JARS if not jar.exists()]


def rendered_by_apache(templates: Sequence[str], requests: Sequence[Request]) -> list[Rendered]:
    """Render each template with each request, in one process; raises CalledProcessError if one fails."""
    task = json.dumps({"templates": templates, "requests": [asdict(request) for request in requests]})
    # Half of its time would be the second compiler's, which is for programs that run longer.
    command = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", ":".join(map(str, _JARS)), str(_RENDERER)]
    done = subprocess.run(command, input=task.encode(), stdout=subprocess.PIPE, check=True, timeout=300)  # noqa: S603 - our own program
    return [
        Rendered(text=one["text"], status=one.get("status"), header=one["header"]) for one in json.loads(done.stdout)
    ]
