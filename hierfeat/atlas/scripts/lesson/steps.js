// The lecture in twelve steps: what to read, where to look, what to try.
import { layers } from "../data.js";
import { say } from "../said.js";
import { firstConvolution, grouped, input, macs, names, ofKind, parameters, product, shrinking, weightsOfUnit, wholeImage } from "./facts.js";

/**
 * @typedef {object} Step
 * @property {string} place id of the heading that it is about
 * @property {{ kernel?: string, settings?: any, chain?: any }} [arrange] how the workshop is set for it
 * @property {Said} title
 * @property {Said} text
 * @property {Said} question
 * @property {() => Said} answer
 */

/** @typedef {import("../said.js").Said} Said */

const conv = () => firstConvolution();
const dense = () => ofKind("linear");
const pools = () => ofKind("pool");
const kernel = () => conv()?.kernel.join(" × ") ?? "";

/** @type {Step[]} */
export const STEPS = [
  {
    place: "overview",
    title: say("Why convolve?"),
    text: say("A dense unit looks at every pixel with a weight of its own, and has to learn the same edge anew at every place. A convolution looks through a small window, with the same few weights everywhere."),
    question: say("How many weights would one dense unit need for this network's input, and how many has a unit of its first convolution?"),
    answer: () => (conv() ? say("{dense} weights for the dense unit ({shape}), and {few} for a unit of {layer}, the same ones at every place.", { dense: grouped(product(input())), shape: input().join(" × "), few: weightsOfUnit(conv()), layer: conv().name }) : say("{dense} weights for the dense unit ({shape}).", { dense: grouped(product(input())), shape: input().join(" × ") })),
  },
  {
    place: "hubel",
    title: say("Hubel and Wiesel"),
    text: say("In 1959 a bar of light on a screen made a cell in a cat's visual cortex fire: only at its own place, and only when the bar was turned its own way. The place is the cell's receptive field."),
    question: say("Choose a unit of an early layer and move the bar over its screen. At which angle does it fire most? Is there a place where a dark bar does better?"),
    answer: () => say("The automatic sweep draws the tuning curve: the longest spoke is the preferred orientation. Where the response falls below that to grey (red), light switches the unit off, and a dark bar switches it on."),
  },
  {
    place: "overview",
    title: say("The Neocognitron"),
    text: say("Fukushima (1980) built a network of two kinds of layer in turn: S-cells, which find a feature at one place, and C-cells, which fire wherever nearby the feature is, as simple and complex cells do."),
    question: say("Which layers of this network do the work of S-cells, and which that of C-cells?"),
    answer: () => (pools().length ? say("Convolutions and their activation functions are the S-cells ({convs}); pools are the C-cells ({pools}).", { convs: names(ofKind("conv")), pools: names(pools()) }) : say("Convolutions and their activation functions are the S-cells ({convs}); this network has no pools: strides take their place.", { convs: names(ofKind("conv")) })),
  },
  {
    place: "table",
    title: say("LeNet-5"),
    text: say("LeCun and others (1998) trained such a network from end to end by gradient descent, to read the digits on cheques: convolution, activation, pooling, twice; then dense layers."),
    question: say("Which part of this network has most of its parameters: the convolutions or the dense layers? And which does most of the multiplying?"),
    answer: () => say("Convolutions: {conv} parameters, {convMacs} multiply-adds. Dense layers: {dense} parameters, {denseMacs} multiply-adds. Shared weights are few, and used often.", { conv: grouped(parameters(ofKind("conv"))), convMacs: grouped(macs(ofKind("conv"))), dense: grouped(parameters(dense())), denseMacs: grouped(macs(dense())) }),
  },
  {
    place: "workshop",
    arrange: { kernel: "box_blur", settings: { padding: "same", stride: 1, dilation: 1, mode: "zeros" } },
    title: say("Convolution"),
    text: say("The kernel is laid on every place of the picture; the numbers that lie on each other are multiplied, and the products summed. Nine weights of 1/9 take the mean of a neighbourhood: the picture blurs."),
    question: say("Set the middle weight to 2 and the others to −1/8. What comes out on an even area, and what at an edge?"),
    answer: () => say("The weights then sum to 1: an even area keeps its brightness, and at an edge the difference to the neighbours is added. The picture is sharpened. With a sum of 0 (a middle weight of 1) only the edges stay."),
  },
  {
    place: "workshop",
    arrange: { kernel: "sobel_90", settings: { padding: 1, stride: 2, dilation: 1, mode: "zeros" } },
    title: say("Padding and stride"),
    text: say("A window of f pixels has (w − f + 2p)/s + 1 places on w pixels with p of padding on each side, s pixels apart. Where the division leaves a remainder, the last pixels are under no window."),
    question: say("Which padding keeps the size with a 5 × 5 kernel at stride 1? Try it: rows and columns 5, stride 1."),
    answer: () => say("p = 2: (w − 5 + 4)/1 + 1 = w. In general p = (f − 1)/2 for odd f, which is what “same” does."),
  },
  {
    place: "workshop",
    arrange: { kernel: "laplacian", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" } },
    title: say("As a matrix product"),
    text: say("Written as one long vector, the picture is multiplied by a matrix: each row makes one pixel of the result, with the kernel's weights where its window lies and zeros elsewhere."),
    question: say("The matrix has very many entries. How many of them can differ, and what happens to the bands when the stride is 2?"),
    answer: () => say("As many as the kernel has weights: 9 here; the rest are zeros or repeats. At stride 2 the bands descend twice as steeply: every second row and column of windows is left out."),
  },
  {
    place: "chain",
    arrange: { kernel: "sobel_90", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" }, chain: { activation: "relu" } },
    title: say("Activation functions and non-negativity"),
    text: say("Without a function between them two convolutions are one convolution. ReLU lets positive values through and puts zero in place of negative ones: responses then only add, as firing rates do."),
    question: say("The kernel finds edges that are brighter on the left. What does ReLU lose, and what must the network have so that nothing is lost?"),
    answer: () => say("The opposite edges: their negative responses become 0. A second kernel of opposite sign keeps them; trained first layers often have such pairs. Compare leaky ReLU and tanh."),
  },
  {
    place: "chain",
    arrange: { kernel: "sobel_90", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" }, chain: { activation: "relu", pool: "max", size: 2, stride: 2, down: 0, right: 1 } },
    title: say("Pooling and invariance"),
    text: say("A pool keeps one number for each window: the largest, or the mean. What moves within a window changes little; the price is that the place is known less well."),
    question: say("Move the picture by 1 pixel, then by 2. Which stage changes least? Try the blurred maximum, and a step of 1."),
    answer: () => say("The pooled map is usually the most alike, but a step of 2 makes it depend on whether the move is even: aliasing. A step of 1 or a blur before the step mends that."),
  },
  {
    place: "depth",
    title: say("The hierarchy"),
    text: say("A unit of the second convolution sees a window of units that each see a window: receptive fields grow with depth. Early layers find edges, later ones parts, the last ones whole things."),
    question: say("From which layer on does a unit see the whole image?"),
    answer: () => (wholeImage() ? say("From {layer} on; the table has every layer's field.", { layer: wholeImage().name }) : say("From none: even the last layer's field is smaller than the image.")),
  },
  {
    place: "table",
    title: say("Guidelines"),
    text: say("Small kernels, an activation after each convolution, a pool now and then; as maps get smaller, there are more of them, and the dense layers shrink step by step."),
    question: say("Follow the column of outputs. Does this network keep to “more maps as they shrink”?"),
    answer: () => say("Its maps: {maps}.", { maps: shrinking().join(" → ") }),
  },
  {
    place: "dimensions",
    title: say("Dimensions"),
    text: say("Every size in the table follows from the formula. The last column has it worked out."),
    question: conv() ? say("Cover that column and work out one layer yourself: {layer}, whose kernel is {size}.", { layer: conv().name, size: kernel() }) : say("Cover that column and work out one layer yourself."),
    answer: () => say("{formulas}.", { formulas: layers.filter((layer) => layer.formula && layer.kind === "conv").slice(0, 3).map((layer) => `${layer.name}: ${layer.formula}`).join("; ") }),
  },
];
