"""Names of Swin transformers' weights."""

from loft_jax.nets.imported.names import Names

INSIDE = {
    "attention.bias": "attn.relative_position_bias_table",
    "attention.qkv": "attn.qkv",
    "attention.out": "attn.proj",
}

NAMES = (
    Names(
        "torchvision",
        {
            "patches": "features.0.0",
            "norm": "features.0.2",
            "last": "norm",
            **{f"merges.{k}": f"features.{2 * k + 2}" for k in range(3)},
        },
        lambda place: f"features.{2 * place.stage + 1}.{place.position}",
        lambda place: {**INSIDE, "up": "mlp.0", "down": "mlp.3"},
        left=("head.",),
    ),
    Names(
        "timm",
        {
            "patches": "patch_embed.proj",
            "norm": "patch_embed.norm",
            "last": "norm",
            **{f"merges.{k}": f"layers.{k + 1}.downsample" for k in range(3)},
        },
        lambda place: f"layers.{place.stage}.blocks.{place.position}",
        lambda place: {**INSIDE, "up": "mlp.fc1", "down": "mlp.fc2"},
        left=("head.",),
    ),
)
