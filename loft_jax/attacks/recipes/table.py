"""The published attacks, a row each, and a control; reading it is like reading the survey."""

from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.brep_mi import BREP_MI
from loft_jax.attacks.recipes.c2f_mi import C2F_MI
from loft_jax.attacks.recipes.deep_inversion import DEEP_INVERSION
from loft_jax.attacks.recipes.evo import EVO
from loft_jax.attacks.recipes.gmi import GMI
from loft_jax.attacks.recipes.if_gmi import IF_GMI
from loft_jax.attacks.recipes.ked_mi import KED_MI
from loft_jax.attacks.recipes.label_nes import LABEL_NES
from loft_jax.attacks.recipes.lokt import LOKT
from loft_jax.attacks.recipes.lomma import LOMMA
from loft_jax.attacks.recipes.lookalikes import LOOKALIKES
from loft_jax.attacks.recipes.mi_face import MI_FACE
from loft_jax.attacks.recipes.mirror import MIRROR
from loft_jax.attacks.recipes.mirror_bb import MIRROR_BB
from loft_jax.attacks.recipes.plg_mi import PLG_MI
from loft_jax.attacks.recipes.ppa import PPA
from loft_jax.attacks.recipes.random_label import RANDOM_LABEL
from loft_jax.attacks.recipes.rlb_mi import RLB_MI
from loft_jax.attacks.recipes.smile import SMILE
from loft_jax.attacks.recipes.strongest import STRONGEST
from loft_jax.attacks.recipes.vmi import VMI
from loft_jax.runs.rows import Rows

RECIPES: Rows[Recipe] = Rows(
    "attack",
    {
        "mi-face": MI_FACE,
        "deep-inversion": DEEP_INVERSION,
        "gmi": GMI,
        "ked-mi": KED_MI,
        "vmi": VMI,
        "ppa": PPA,
        "plg-mi": PLG_MI,
        "lomma": LOMMA,
        "if-gmi": IF_GMI,
        "mirror": MIRROR,
        "mirror-bb": MIRROR_BB,
        "rlb-mi": RLB_MI,
        "c2f-mi": C2F_MI,
        "smile": SMILE,
        "evo": EVO,
        "brep-mi": BREP_MI,
        "lokt": LOKT,
        "label-nes": LABEL_NES,
        "random-label": RANDOM_LABEL,
        "strongest": STRONGEST,
        "lookalikes": LOOKALIKES,
    },
    Recipe,
)
