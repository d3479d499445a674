"""A kernel in a box, for any Jupyter client: sockets instead of ports, and a command that starts inside."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

from resnet_labs.grading.sandbox.launch import Box

KERNEL = "resnet-labs-sandbox"
_LAUNCH = ["-s", "-P", "-m", "ipykernel_launcher", "--HistoryManager.enabled=False", "--Session.check_pid=False"]


class Provisioner(LocalProvisioner):
    """Starts a kernel in the box that its manager carries as `box`."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Return what `launch_kernel` needs: the command, its environment and its folder."""
        manager, box = self.parent, self._box()
        assert manager is not None
        manager.transport, manager.ip = "ipc", str(box.sockets / "s")
        manager.connection_file = str(box.top / "k.json")
        kwargs = await super().pre_launch(**kwargs)
        inside = box.connect(json.loads(Path(manager.connection_file).read_text(encoding="utf-8")))
        command = [inside if word == manager.connection_file else word for word in kwargs["cmd"]]
        kwargs["cmd"], kwargs["env"] = box.command(command)
        kwargs["cwd"] = "/" if box.tier.mounts else str(box.home)
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return kwargs | silent

    def _box(self) -> Box:
        assert self.parent is not None
        return self.parent.box


class Specs(KernelSpecManager):
    """Knows one kernel, so that a notebook cannot choose another."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel in a box, whatever name is asked for."""
        import sys

        # An entry point of the package would do the same, but only where it was installed after this was written.
        factory = KernelProvisionerFactory.instance()
        value = f"{Provisioner.__module__}:{Provisioner.__name__}"
        factory.provisioners[KERNEL] = EntryPoint(KERNEL, value, KernelProvisionerFactory.GROUP_NAME)
        return KernelSpec(
            argv=[sys.executable, *_LAUNCH, "-f", "{connection_file}"],
            display_name="resnet_labs sandbox",
            language="python",
            interrupt_mode="message",
            metadata={"kernel_provisioner": {"provisioner_name": KERNEL}},
        )
