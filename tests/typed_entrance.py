"""What a type checker must see through the entrance, right and wrong: `make types` reads it, nothing runs it.

An error that is not seen is an error here: strict mypy refuses an ignore that nothing needs.
"""

import hierfeat as hf

hf.record(hf.load("lenet5-digits"), hf.digits()[0])
right = (hf.atlas, hf.Call, hf.StimulusSet, hf.Stop)

hf.record(hf.load("lenet5-digits"), hf.digits()[0], nonsense=4)  # type: ignore[call-arg]
hf.no_such_name  # type: ignore[attr-defined]  # noqa: B018
hf.record(3, hf.digits()[0])  # type: ignore[arg-type]
hf.load(5)  # type: ignore[arg-type]
hf.digits().plot()  # type: ignore[attr-defined]
