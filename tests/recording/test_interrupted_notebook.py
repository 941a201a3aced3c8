"""A cell that is interrupted in the middle of a sweep, as by a notebook's stop button: run again, it goes on."""

import json

from jupyter_client.manager import start_new_kernel

SETUP = """
import time, torch, hierfeat as hf
torch.manual_seed(0)
h = hf.Hierarchy(torch.nn.Sequential(torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU()), (1, 8, 8), name="small")
pictures = torch.rand(40, 1, 8, 8)
seen, halt = [], True

class Pictures(torch.utils.data.Dataset):
    def __len__(self):
        return 40

    def __getitem__(self, number):
        if halt and number == 30:
            print("stop now", flush=True)
            time.sleep(60)
        seen.append(number)
        return pictures[number]

def sweep(path):
    return hf.sweep(
        h, Pictures(), [hf.Moments(), hf.TopPatches(2)], batch_size=4, checkpoint=path, checkpoint_every=1
    )
"""
AGAIN = """
import json
before, halt = seen.copy(), False
seen.clear()
h.model(torch.rand(1, 1, 8, 8))  # the model is as it was
found = sweep("sweep.safetensors")
again, whole = seen.copy(), sweep("other.safetensors")
same = found.table.equals(whole.table)
hooks = sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in h.model.modules())
print(json.dumps({"before": before, "again": again, "same": same, "hooks": hooks}))
"""


def test_an_interrupted_cell_loses_nothing(tmp_path):
    manager, client = start_new_kernel(cwd=str(tmp_path))
    try:
        said: list[str] = []

        def listen(message: dict) -> None:
            text = message["content"].get("text", "")
            said.append(text)
            if "stop now" in text:
                manager.interrupt_kernel()

        def run(code: str) -> dict:
            return client.execute_interactive(code, timeout=240, output_hook=listen)["content"]

        assert run(SETUP)["status"] == "ok"
        interrupted = run("sweep('sweep.safetensors')")
        assert interrupted.get("ename") == "KeyboardInterrupt", interrupted
        finished = run(AGAIN)
        assert finished["status"] == "ok", finished
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    found = json.loads(next(text for text in reversed(said) if text.startswith("{")))
    known_by = {0, 39}  # the first and last image, by which a data set is known
    assert set(found["before"]) == set(range(30)) | known_by
    assert set(found["again"]) == set(range(28, 40)) | known_by  # the batch in which it was stopped, and those after it
    assert found["same"]
    assert found["hooks"] == 0
