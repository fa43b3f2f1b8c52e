"""Names of vision transformers' weights."""

from loft_jax.nets.imported.names import CENTRED, Names

OUTSIDE = {
    "patches.proj": "conv_proj",
    "patches.token": "class_token",
    "patches.places": "encoder.pos_embedding",
    "norm": "encoder.ln",
}
INSIDE = {
    "norm1": "ln_1",
    "attention.qkv.weight": "self_attention.in_proj_weight",
    "attention.qkv.bias": "self_attention.in_proj_bias",
    "attention.out": "self_attention.out_proj",
    "norm2": "ln_2",
}
TIMM_OUTSIDE = {
    "patches.proj": "patch_embed.proj",
    "patches.token": "cls_token",
    "patches.places": "pos_embed",
}
TIMM_INSIDE = {
    "attention.qkv": "attn.qkv",
    "attention.out": "attn.proj",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}

NAMES = (
    *(
        Names(
            library,
            OUTSIDE,
            lambda place: f"encoder.layers.encoder_layer_{place.position}",
            lambda place, up=up, down=down: {**INSIDE, "up": f"mlp.{up}", "down": f"mlp.{down}"},
            left=("heads.",),
        )
        # The files that torchvision downloads are older than its code.
        for library, up, down in (
            ("torchvision", "0", "3"),
            ("torchvision's files", "linear_1", "linear_2"),
        )
    ),
    Names(
        "timm",
        TIMM_OUTSIDE,
        lambda place: f"blocks.{place.position}",
        lambda place: TIMM_INSIDE,
        left=("head.",),
        pixels=CENTRED,
    ),
)
