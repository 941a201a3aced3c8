# %% [markdown]
# # Convolution, hands on
#
# What a kernel does to a photograph, where it sits for each output cell, which matrix it is, and how much it can
# stretch an image. Everything here is before any training.

# %%

import numpy as np
import pandas as pd
import torch
from _gallery import Gallery
from sklearn.datasets import load_sample_image

import hierfeat as hf

gallery = Gallery("convolution", dpi=110)

# %% [markdown]
# ## The kernels
# Laid on the image as they are printed (cross-correlation). A sum of 1 keeps a uniform grey, a sum of 0 removes it.

# %%
kernels = hf.image_kernels()
gallery.save("kernels", kernels.plot(), table=kernels.table, result=kernels)

# %% [markdown]
# ## On photographs

# %%
china = load_sample_image("china.jpg")[40:360:2, 60:540:2]
flower = load_sample_image("flower.jpg")[:400:3, 60:600:3].mean(axis=2) / 255
options = {"padding": "same", "padding_mode": "reflect"}


def chosen(*names):
    return {name: kernels[name] for name in names}


image_like = hf.apply_kernel(china, chosen("box_blur", "gaussian_blur", "sharpen", "unsharp", "emboss"), **options)
gallery.save(
    "image_modifiers", image_like.plot(columns=3), table=image_like.table, result=image_like, colours=96, dpi=95
)

# %%
edges = ["sobel_0", "sobel_45", "sobel_90", "outline", "laplacian", "dog", "gabor_0", "gabor_90"]
edged = hf.apply_kernel(flower, chosen(*edges), **options)
gallery.save("edge_detectors", edged.plot(columns=3), table=edged.table, result=edged, colours=32, dpi=80)

# %% [markdown]
# ## Correlation or convolution?
# CNN libraries compute the correlation and call it convolution: the true one flips the kernel in both axes first.
# A single bright point shows the difference: convolution prints the kernel, correlation prints it rotated by 180°.

# %%
point = np.zeros((9, 9))
point[4, 4] = 1
both = {name: hf.apply_kernel(point, kernels["emboss"], operation=name) for name in ("correlation", "convolution")}
centre = {name: found.output[2:5, 2:5] for name, found in both.items()}
flipped = np.allclose(centre["correlation"], centre["convolution"][::-1, ::-1])
printed = np.allclose(centre["convolution"], kernels["emboss"])
symmetric = [name for name, kernel in kernels.kernels.items() if np.allclose(kernel, kernel[::-1, ::-1])]
centre

# %% [markdown]
# ## Padding and stride
# A map of w cells, padded by p on both sides and read by a kernel of f cells in steps of s (the stride), becomes a map
# of ⌊(w - f + 2p)/s⌋ + 1 cells; a kernel dilated by d reaches over d(f - 1) + 1 cells. Where the kernel sits for each
# output cell, for several (w, f, p, s, d):

# %%
settings = {
    "no_padding": (5, 3, 0, 1, 1),
    "same_padding": (5, 3, 1, 1, 1),
    "stride_2": (6, 3, 1, 2, 1),
    "remainder": (7, 3, 0, 3, 1),
    "dilation_2": (7, 3, 2, 1, 2),
    "lenet_first_layer": (32, 5, 0, 1, 1),
}
rows, drawings = [], {}
for name, setting in settings.items():
    placed = hf.padding_and_stride(*setting)
    drawings[name] = gallery.save(f"padding_and_stride_{name}", placed.plot(), result=placed, dpi=100)
    rows.append({"setting": name} | placed.settings | {"least_seen": placed.coverage.min()})
pd.DataFrame(rows).to_csv(gallery.folder / "padding_and_stride.csv", index=False)
drawings["same_padding"]

# %%
drawings["stride_2"]

# %% [markdown]
# ## The matrix that a convolution is
# Every row holds the same few weights, shifted: a Toeplitz matrix in one dimension, a doubly block Toeplitz matrix in
# two. Padding cuts weights off at the edges, stride skips rows, circular padding wraps them around (circulant).

# %%
torch.manual_seed(0)
layers = {
    "toeplitz_1d": (torch.nn.Conv1d(1, 1, 3, padding=1), (1, 10)),
    "toeplitz_2d": (torch.nn.Conv2d(1, 1, 3, padding=1), (1, 6, 6)),
    "toeplitz_stride_2": (torch.nn.Conv2d(2, 3, 3, stride=2, padding=1), (2, 6, 6)),
    "toeplitz_circular": (torch.nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), (1, 6, 6)),
    "toeplitz_transposed": (torch.nn.ConvTranspose2d(1, 1, 3), (1, 4, 4)),
}
errors = []
for name, (layer, shape) in layers.items():
    drawn = hf.toeplitz(layer, shape)
    drawings[name] = gallery.save(name, drawn.plot(), table=drawn.table, result=drawn, dpi=90)
    image = torch.rand(shape)
    with torch.no_grad():
        wanted = layer(image[None])[0]
        bias = layer.bias.repeat_interleave(wanted[0].numel())
    product = hf.convolution_matrix(layer, shape) @ image.numpy().ravel() + bias.numpy()
    errors.append(float(np.abs(product - wanted.numpy().ravel()).max()))
drawings["toeplitz_2d"]

# %% [markdown]
# ## Singular values
# With circular padding the Fourier transform takes the matrix apart, frequency by frequency (Sedghi et al. 2019). Here
# for the first layer of a random net, against the dense SVD of the matrix.

# %%
layer = torch.nn.Conv2d(8, 16, 3, padding=1, padding_mode="circular").double()
spectrum = hf.singular_values(layer, (8, 12, 12))
dense = np.linalg.svd(hf.convolution_matrix(layer, (8, 12, 12)).toarray(), compute_uv=False)
gallery.save("singular_values", spectrum.plot(), table=spectrum.table, result=spectrum)

# %%
gallery.close()
print(
    f"On a single bright point, convolution prints the kernel ({printed}) and correlation prints it turned by 180° "
    f"({flipped}); "
    f"for {len(symmetric)} of the {len(kernels.kernels)} kernels the two are the same. "
    f"The matrix product and torch's layer differ by at most {max(errors):.1e} over {len(layers)} layers; "
    f"the singular values by FFT differ from the dense SVD by at most {np.abs(spectrum.values - dense).max():.1e}. "
    f"With w = 7, f = 3, s = 3 the last input cell is never seen; with s = 2 and p = 1 a map of 6 becomes "
    f"{hf.output_size(6, 3, 1, 2)}, and keeping 28 cells with a kernel of 5 takes a padding of {hf.padding_for(28, 5)}."
)
