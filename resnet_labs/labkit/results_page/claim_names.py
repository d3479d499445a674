"""Short names of claims, for pictures and lists; their whole texts are in the reports' files."""

from resnet_labs.errors import InputError

CLAIM_NAMES = {
    "r0.c1": "Shortcuts fix what depth spoils",
    "r0.c2": "From scratch it memorises a small dataset",
    "r0.c3": "Freezing saves computation",
    "r0.c4": "Freezing reduces overfitting",
    "r0.c5": "Loss may fall again after epoch 7",
    "r0.c6": "Linear probe: pretrained far above random",
    "r0.c7": "Head, then last block, then everything",
    "r0.c8": "Full fine-tuning makes clusters clear",
    "r0.c9": "The depth problem is vanishing gradients",
    "r0.c10": "ResNets have been overtaken",
    "r0.c11": "Freezing lets it use what it learned",
    "r1.c1": "First and last layer have to be changed",
    "r1.c2": "The images are 8x8 pixels",
    "r1.c3": "97.45 % of MNIST after 10 epochs",
    "r1.c4": "Several models do not fit on the GPU",
    "r1.c5": "Deleting by hand slows the run",
    "r1.c6": "ResNet-50 is worse than ResNet-18",
    "r1.c7": "Proof that depth can make it worse",
    "r1.c8": "Shortcuts overcome what gradients spoil",
    "r1.c9": "Deleting may have cost performance",
    "r1.c10": "ResNet-50 started lower",
    "r2.c1": "Settings may have contributed to about 1 %",
    "r2.c2": "More epochs and a smaller rate helped",
    "r2.c3": "Changes may have contributed to about 48 %",
    "r2.c4": "Mixup and AutoAugment help",
    "r2.c5": "Label smoothing reduces overfitting",
    "r2.c6": "Clipping stabilises training",
    "r2.c7": "Cosine annealing improves convergence",
    "r2.c8": "ResNet-152 was the best model",
    "r2.c9": "ResNet-152 suits CIFAR-100 by depth",
    "r2.c10": "Pretrained weights helped",
    "r2.c11": "The model is prone to overfitting",
    "r2.c12": "Dropout or weight decay could help",
    "r2.c13": "Too little tuning is the main cause",
    "r2.c14": "AutoAugment adapts to performance",
    "r2.c15": "Flips and crops help",
    "r2.c16": "AdamW is efficient with many parameters",
    "r3.c1": "Blocks have two 3x3 convolutions",
    "r3.c2": "Stages halve maps, double filters",
    "r3.c3": "Global pooling reduces overfitting",
    "r3.c4": "A small rate keeps pretrained weights",
    "r3.c5": "Frozen, augmentation reduces overfitting",
    "r3.c6": "0.947368 of the flowers are right",
    "r3.c7": "Batch norm and ReLU speed up convergence",
    "r3.c8": "Global pooling weights its means",
    "r3.c9": "Augmentation reduces overfitting",
    "r4.c1": "Shortcuts carry gradients down",
    "r4.c2": "79.3 % after one epoch, 80.7 % after ten",
    "r4.c3": "Hard triplets beat cross-entropy",
    "r4.c4": "Center loss separates more widely",
    "r4.c5": "Center loss is below cross-entropy",
    "r4.c6": "Hard mining makes triplets discriminative",
    "r4.c7": "Pretraining helps with few labels",
    "r4.c8": "An MLP cannot use spatial structure",
    "r4.c9": "Architecture and epochs are the cause",
    "r4.c10": "The results are for Tiny ImageNet",
    "r4.c11": "ResNet-18 has four blocks",
    "r4.c12": "Without shortcuts weights never update",
    "r4.c13": "Pretraining avoids vanishing gradients",
    "r4.c14": "A larger weight separates centers more",
    "r4.c15": "Greedy pretraining became less common",
    "r4.c16": "Adjusted activations make classes unlike",
}


def claim_name(number: str) -> str:
    """Return the short name of a claim.

    Raises:
        InputError: it has none yet.
    """
    if number not in CLAIM_NAMES:
        fix = "Write one of 42 letters at most into resnet_labs/labkit/results_page/claim_names.py."
        raise InputError(f"Claim {number} has no short name.", fix)
    return CLAIM_NAMES[number]
