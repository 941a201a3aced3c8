/** @import { Operation } from "../types.js" */
import { CONVOLUTION } from "./convolution.js";
import { ELEMENTWISE } from "./elementwise.js";
import { LAYERS } from "./layers.js";
import { NORMALISATION } from "./normalisation.js";
import { POOLING } from "./pooling.js";
import { REDUCTION } from "./reduction.js";
import { SHAPE } from "./shape.js";

/** Every operation that the engine has, by its ATen name. @type {Record<string, Operation>} */
export const OPERATIONS = { ...CONVOLUTION, ...ELEMENTWISE, ...LAYERS, ...NORMALISATION, ...POOLING, ...REDUCTION, ...SHAPE };
