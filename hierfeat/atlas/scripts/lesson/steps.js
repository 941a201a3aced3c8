// The lecture in twelve steps: what to read, where to look, what to try; in English and in Spanish.
import { layers } from "../data.js";
import { firstConvolution, grouped, input, names, ofKind, parameters, product, shrinking, weightsOfUnit, wholeImage } from "./facts.js";

/**
 * @typedef {{ title: string, text: string, question: string, answer: () => string }} Words
 * @typedef {object} Step
 * @property {string} place id of the heading that it is about
 * @property {{ kernel?: string, settings?: any, chain?: any }} [arrange] how the workshop is set for it
 * @property {{ en: Words, es: Words }} words
 */

const conv = () => firstConvolution();
const dense = () => ofKind("linear");
const pools = () => ofKind("pool");
const kernel = () => conv()?.kernel.join(" × ") ?? "";

/** @type {Step[]} */
export const STEPS = [
  {
    place: "overview",
    words: {
      en: {
        title: "Why convolve?",
        text: "A dense unit looks at every pixel with a weight of its own, and has to learn the same edge anew at every place. A convolution looks through a small window, with the same few weights everywhere.",
        question: "How many weights would one dense unit need for this network's input, and how many has a unit of its first convolution?",
        answer: () => `${grouped(product(input()))} weights for the dense unit (${input().join(" × ")})${conv() ? `, and ${weightsOfUnit(conv())} for a unit of ${conv().name}, the same ones at every place` : ""}.`,
      },
      es: {
        title: "¿Por qué convolucionar?",
        text: "Una unidad densa mira cada píxel con un peso propio y tiene que aprender el mismo borde de nuevo en cada lugar. Una convolución mira por una ventana pequeña, con los mismos pocos pesos en todas partes.",
        question: "¿Cuántos pesos necesitaría una unidad densa para la entrada de esta red, y cuántos tiene una unidad de su primera convolución?",
        answer: () => `${grouped(product(input()))} pesos la unidad densa (${input().join(" × ")})${conv() ? `, y ${weightsOfUnit(conv())} una unidad de ${conv().name}, los mismos en todos los lugares` : ""}.`,
      },
    },
  },
  {
    place: "hubel",
    words: {
      en: {
        title: "Hubel and Wiesel",
        text: "In 1959 a bar of light on a screen made a cell in a cat's visual cortex fire: only at its own place, and only when the bar was turned its own way. The place is the cell's receptive field.",
        question: "Choose a unit of an early layer and move the bar over its screen. At which angle does it fire most? Is there a place where a dark bar does better?",
        answer: () => "The automatic sweep draws the tuning curve: the longest spoke is the preferred orientation. Where the response falls below that to grey (red), light switches the unit off, and a dark bar switches it on.",
      },
      es: {
        title: "Hubel y Wiesel",
        text: "En 1959 una barra de luz en una pantalla hizo disparar a una célula de la corteza visual de un gato: solo en su lugar, y solo con la barra girada a su manera. Ese lugar es el campo receptivo de la célula.",
        question: "Elija una unidad de una capa temprana y mueva la barra por su pantalla. ¿Con qué ángulo dispara más? ¿Hay un lugar donde una barra oscura funciona mejor?",
        answer: () => "El barrido automático dibuja la curva de sintonía: el radio más largo es la orientación preferida. Donde la respuesta baja de la del gris (rojo), la luz apaga la unidad y una barra oscura la enciende.",
      },
    },
  },
  {
    place: "overview",
    words: {
      en: {
        title: "The Neocognitron",
        text: "Fukushima (1980) built a network of two kinds of layer in turn: S-cells, which find a feature at one place, and C-cells, which fire wherever nearby the feature is, as simple and complex cells do.",
        question: "Which layers of this network do the work of S-cells, and which that of C-cells?",
        answer: () => `Convolutions and their activation functions are the S-cells (${names(ofKind("conv"))}); ${pools().length ? `pools are the C-cells (${names(pools())})` : "this network has no pools: strides take their place"}.`,
      },
      es: {
        title: "El Neocognitrón",
        text: "Fukushima (1980) construyó una red con dos clases de capa que se alternan: células S, que encuentran una característica en un lugar, y células C, que disparan dondequiera que esté cerca, como las células simples y complejas.",
        question: "¿Qué capas de esta red hacen el trabajo de las células S, y cuáles el de las células C?",
        answer: () => `Las convoluciones con sus funciones de activación son las células S (${names(ofKind("conv"))}); ${pools().length ? `las de submuestreo son las células C (${names(pools())})` : "esta red no tiene submuestreo: lo reemplazan los pasos (stride)"}.`,
      },
    },
  },
  {
    place: "table",
    words: {
      en: {
        title: "LeNet-5",
        text: "LeCun and others (1998) trained such a network from end to end by gradient descent, to read the digits on cheques: convolution, activation, pooling, twice; then dense layers.",
        question: "Which part of this network has most of its parameters: the convolutions or the dense layers? And which does most of the multiplying?",
        answer: () => `Convolutions: ${grouped(parameters(ofKind("conv")))} parameters, ${grouped(ofKind("conv").reduce((sum, layer) => sum + layer.macs, 0))} multiply-adds. Dense layers: ${grouped(parameters(dense()))} parameters, ${grouped(dense().reduce((sum, layer) => sum + layer.macs, 0))} multiply-adds. Shared weights are few, and used often.`,
      },
      es: {
        title: "LeNet-5",
        text: "LeCun y otros (1998) entrenaron una red así de extremo a extremo, por descenso de gradiente, para leer los dígitos de los cheques: convolución, activación, submuestreo, dos veces; luego capas densas.",
        question: "¿Qué parte de esta red tiene más parámetros: las convoluciones o las capas densas? ¿Y cuál hace más multiplicaciones?",
        answer: () => `Convoluciones: ${grouped(parameters(ofKind("conv")))} parámetros, ${grouped(ofKind("conv").reduce((sum, layer) => sum + layer.macs, 0))} multiplicaciones. Capas densas: ${grouped(parameters(dense()))} parámetros, ${grouped(dense().reduce((sum, layer) => sum + layer.macs, 0))} multiplicaciones. Los pesos compartidos son pocos y se usan muchas veces.`,
      },
    },
  },
  {
    place: "workshop",
    arrange: { kernel: "box_blur", settings: { padding: "same", stride: 1, dilation: 1, mode: "zeros" } },
    words: {
      en: {
        title: "Convolution",
        text: "The kernel is laid on every place of the picture; the numbers that lie on each other are multiplied, and the products summed. Nine weights of 1/9 take the mean of a neighbourhood: the picture blurs.",
        question: "Set the middle weight to 2 and the others to −1/8. What comes out on an even area, and what at an edge?",
        answer: () => "The weights then sum to 1: an even area keeps its brightness, and at an edge the difference to the neighbours is added. The picture is sharpened. With a sum of 0 (a middle weight of 1) only the edges stay.",
      },
      es: {
        title: "Convolución",
        text: "El kernel se apoya en cada lugar de la imagen; los números que quedan uno sobre otro se multiplican, y los productos se suman. Nueve pesos de 1/9 dan el promedio de un vecindario: la imagen se desenfoca.",
        question: "Ponga 2 en el peso del medio y −1/8 en los demás. ¿Qué sale en una zona pareja, y qué en un borde?",
        answer: () => "Los pesos suman 1: una zona pareja conserva su brillo, y en un borde se agrega la diferencia con los vecinos. La imagen se hace más nítida. Si suman 0 (un 1 en el medio), solo quedan los bordes.",
      },
    },
  },
  {
    place: "workshop",
    arrange: { kernel: "sobel_90", settings: { padding: 1, stride: 2, dilation: 1, mode: "zeros" } },
    words: {
      en: {
        title: "Padding and stride",
        text: "A window of f pixels has (w − f + 2p)/s + 1 places on w pixels with p of padding on each side, s pixels apart. Where the division leaves a remainder, the last pixels are under no window.",
        question: "Which padding keeps the size with a 5 × 5 kernel at stride 1? Try it: rows and columns 5, stride 1.",
        answer: () => "p = 2: (w − 5 + 4)/1 + 1 = w. In general p = (f − 1)/2 for odd f, which is what “same” does.",
      },
      es: {
        title: "Relleno y paso",
        text: "Una ventana de f píxeles tiene (w − f + 2p)/s + 1 lugares en w píxeles con p de relleno (padding) a cada lado, separados por s píxeles (stride). Si la división deja resto, los últimos píxeles no quedan bajo ninguna ventana.",
        question: "¿Qué relleno conserva el tamaño con un kernel de 5 × 5 y paso 1? Pruébelo: 5 filas y 5 columnas, paso 1.",
        answer: () => "p = 2: (w − 5 + 4)/1 + 1 = w. En general p = (f − 1)/2 para f impar, que es lo que hace “same”.",
      },
    },
  },
  {
    place: "workshop",
    arrange: { kernel: "laplacian", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" } },
    words: {
      en: {
        title: "As a matrix product",
        text: "Written as one long vector, the picture is multiplied by a matrix: each row makes one pixel of the result, with the kernel's weights where its window lies and zeros elsewhere.",
        question: "The matrix has very many entries. How many of them can differ, and what happens to the bands when the stride is 2?",
        answer: () => "As many as the kernel has weights: 9 here; the rest are zeros or repeats. At stride 2 the bands descend twice as steeply: every second row and column of windows is left out.",
      },
      es: {
        title: "Como producto de matrices",
        text: "Escrita como un solo vector largo, la imagen se multiplica por una matriz: cada fila hace un píxel del resultado, con los pesos del kernel donde está su ventana y ceros en lo demás.",
        question: "La matriz tiene muchísimas entradas. ¿Cuántas pueden ser distintas, y qué pasa con las bandas si el paso es 2?",
        answer: () => "Tantas como pesos tiene el kernel: aquí 9; lo demás son ceros o repeticiones. Con paso 2 las bandas bajan el doble de rápido: se saltea una de cada dos filas y columnas de ventanas.",
      },
    },
  },
  {
    place: "chain",
    arrange: { kernel: "sobel_90", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" }, chain: { activation: "relu" } },
    words: {
      en: {
        title: "Activation functions and non-negativity",
        text: "Without a function between them two convolutions are one convolution. ReLU lets positive values through and puts zero in place of negative ones: responses then only add, as firing rates do.",
        question: "The kernel finds edges that are brighter on the left. What does ReLU lose, and what must the network have so that nothing is lost?",
        answer: () => "The opposite edges: their negative responses become 0. A second kernel of opposite sign keeps them; trained first layers often have such pairs. Compare leaky ReLU and tanh.",
      },
      es: {
        title: "Funciones de activación y no-negatividad",
        text: "Sin una función entre ellas, dos convoluciones son una sola. ReLU deja pasar los valores positivos y pone cero en lugar de los negativos: así las respuestas solo se suman, como las frecuencias de disparo.",
        question: "El kernel encuentra bordes más claros a la izquierda. ¿Qué pierde ReLU, y qué debe tener la red para que no se pierda nada?",
        answer: () => "Los bordes opuestos: sus respuestas negativas pasan a 0. Un segundo kernel de signo contrario los conserva; las primeras capas entrenadas suelen tener esos pares. Compare con leaky ReLU y tanh.",
      },
    },
  },
  {
    place: "chain",
    arrange: { kernel: "sobel_90", settings: { padding: 0, stride: 1, dilation: 1, mode: "zeros" }, chain: { activation: "relu", pool: "max", size: 2, stride: 2, down: 0, right: 1 } },
    words: {
      en: {
        title: "Pooling and invariance",
        text: "A pool keeps one number for each window: the largest, or the mean. What moves within a window changes little; the price is that the place is known less well.",
        question: "Move the picture by 1 pixel, then by 2. Which stage changes least? Try the blurred maximum, and a step of 1.",
        answer: () => "The pooled map is usually the most alike, but a step of 2 makes it depend on whether the move is even: aliasing. A step of 1 or a blur before the step mends that.",
      },
      es: {
        title: "Submuestreo e invarianza",
        text: "El submuestreo (pooling) conserva un número por ventana: el mayor, o el promedio. Lo que se mueve dentro de una ventana cambia poco; el precio es que el lugar se conoce peor.",
        question: "Mueva la imagen 1 píxel, y luego 2. ¿Qué etapa cambia menos? Pruebe el máximo con desenfoque, y un paso de 1.",
        answer: () => "Lo más parecido suele ser el mapa submuestreado, pero con paso 2 depende de si el movimiento es par: es aliasing. Un paso de 1, o desenfocar antes del paso, lo corrige.",
      },
    },
  },
  {
    place: "depth",
    words: {
      en: {
        title: "The hierarchy",
        text: "A unit of the second convolution sees a window of units that each see a window: receptive fields grow with depth. Early layers find edges, later ones parts, the last ones whole things.",
        question: "From which layer on does a unit see the whole image?",
        answer: () => (wholeImage() ? `From ${wholeImage().name} on; the table has every layer's field.` : "From none: even the last layer's field is smaller than the image."),
      },
      es: {
        title: "La jerarquía",
        text: "Una unidad de la segunda convolución ve una ventana de unidades que a su vez ven una ventana: los campos receptivos crecen con la profundidad. Las primeras capas encuentran bordes, las siguientes partes, las últimas cosas enteras.",
        question: "¿Desde qué capa ve una unidad la imagen entera?",
        answer: () => (wholeImage() ? `Desde ${wholeImage().name}; la tabla tiene el campo de cada capa.` : "Desde ninguna: hasta el campo de la última capa es menor que la imagen."),
      },
    },
  },
  {
    place: "table",
    words: {
      en: {
        title: "Guidelines",
        text: "Small kernels, an activation after each convolution, a pool now and then; as maps get smaller, there are more of them, and the dense layers shrink step by step.",
        question: "Follow the column of outputs. Does this network keep to “more maps as they shrink”?",
        answer: () => `Its maps: ${shrinking().join(" → ")}.`,
      },
      es: {
        title: "Recomendaciones",
        text: "Kernels pequeños, una activación después de cada convolución, un submuestreo cada tanto; cuando los mapas se achican hay más de ellos, y las capas densas decrecen de a poco.",
        question: "Siga la columna de salidas. ¿Cumple esta red con “más mapas cuando se achican”?",
        answer: () => `Sus mapas: ${shrinking().join(" → ")}.`,
      },
    },
  },
  {
    place: "table",
    words: {
      en: {
        title: "Dimensions",
        text: `Every size in the table follows from the formula. The last column has it worked out.`,
        question: `Cover that column and work out one layer yourself${conv() ? `: ${conv().name}, whose kernel is ${kernel()}` : ""}.`,
        answer: () => layers.filter((layer) => layer.formula && layer.kind === "conv").slice(0, 3).map((layer) => `${layer.name}: ${layer.formula}`).join("; ") + ".",
      },
      es: {
        title: "Dimensiones",
        text: "Todos los tamaños de la tabla salen de la fórmula. La última columna la muestra resuelta.",
        question: `Tape esa columna y resuelva una capa${conv() ? `: ${conv().name}, con un kernel de ${kernel()}` : ""}.`,
        answer: () => layers.filter((layer) => layer.formula && layer.kind === "conv").slice(0, 3).map((layer) => `${layer.name}: ${layer.formula}`).join("; ") + ".",
      },
    },
  },
];

/** The panel's own words. */
export const PANEL = {
  en: { open: "Lesson", close: "Close", step: "Step", of: "of", back: "Back", next: "Next", show: "Show me", answer: "Answer", other: "Español", question: "Try it" },
  es: { open: "Lección", close: "Cerrar", step: "Paso", of: "de", back: "Atrás", next: "Siguiente", show: "Muéstreme", answer: "Respuesta", other: "English", question: "Pruébelo" },
};
