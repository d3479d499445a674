"""The public names that notebooks and other projects' tests call, and their signatures."""

from __future__ import annotations

# name -> its signature without annotations
CONTRACT = {
    "blocks.BasicBlock": "(in_channels, out_channels, *, stride=1, shortcut='projection')",
    "blocks.Bottleneck": "(in_channels, width, *, stride=1, shortcut='projection')",
    **{
        f"resnet.resnet{depth}": "(*, num_classes=1000, in_channels=3, stem='imagenet', residual=True)"
        for depth in (18, 34, 50, 101, 152)
    },
    "resnet.cifar_resnet": "(depth, *, num_classes=10, in_channels=3, residual=True)",
    "weights.load_weights": "(model, source)",
    "weights.replace_head": "(model, num_classes)",
    "weights.replace_stem": "(model, in_channels, keep_weights=True)",
    "losses.cross_entropy": "(logits, labels, *, label_smoothing=0.0)",
    "losses.triplet_loss": "(embeddings, labels, *, margin=0.2, mining='hard')",
    "losses.CenterLoss": "(num_classes, num_features, *, weight=0.003, alpha=0.5)",
    "freeze.freeze_": "(module)",
    "freeze.unfreeze_": "(module)",
    "freeze.linear_probe_": "(model)",
    "freeze.last_block_": "(model)",
    "freeze.frozen_names": "(model)",
    "data.load": "(name, *, split, root=None, size=None, limit=None, seed=0, download=False)",
    "data.ImageData": "(images, labels, classes, source)",
    "data.Batches": "(data, batch_size, *, augment=None, shuffle=False, device='cpu', seed=0)",
    "data.split": "(data, fractions, *, seed=0)",
    "data.available": "(root=None)",
    "train.TrainConfig": (
        "(epochs, learning_rate, optimizer='sgd', weight_decay=0.0, schedule='constant', warmup_epochs=0, "
        "clip_norm=None, precision='auto', channels_last='auto', compile=False, seed=0, accumulate=1)"
    ),
    "train.fit": ("(model, batches, *, loss, config, validation=None, checkpoint=None, tracker=None, progress=True)"),
    "train.evaluate": "(model, batches, *, top_k=(1, 5))",
    "features.stage_features": "(model, images, stages=('layer1', 'layer3', 'avgpool'))",
    "features.cached_features": "(model, data, *, views=1, augment=None, cache=None)",
    "features.embed": "(features, method='tsne', *, seed=0)",
    "autoencoder.StackedAutoencoder": "(sizes)",
    "autoencoder.pretrain_layerwise": "(autoencoder, batches, *, config, validation=None)",
    "autoencoder.MLPClassifier": "(encoder, num_classes, final_relu=False)",
}

METRICS = (
    "accuracy",
    "top_k_accuracy",
    "per_class_accuracy",
    "precision_recall_f",
    "confusion_matrix",
    "wilson_interval",
    "mcnemar",
)
