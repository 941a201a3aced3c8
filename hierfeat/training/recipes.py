"""The zoo's recipes, by the name of the model that each makes."""

from hierfeat.training.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.model: recipe
    for recipe in (
        Recipe(
            "lenet5-digits",
            "digits",
            epochs=60,
            batch_size=50,
            learning_rate=3e-3,
            weight_decay=1e-2,
            shift=2,
        ),
        Recipe("lenet5-fashion", "fashion_mnist", epochs=12, learning_rate=2e-3, flip=True),
        Recipe("lenet5-mnist", "mnist", epochs=12, learning_rate=2e-3, split="train+validation"),
        Recipe(
            "convnet-cifar10",
            "cifar10",
            epochs=14,
            batch_size=250,
            optimizer="sgd",
            learning_rate=0.1,
            weight_decay=5e-4,
            warmup=0.2,
            label_smoothing=0.1,
            flip=True,
            shift=3,
            precision="bfloat16",
        ),
    )
}
