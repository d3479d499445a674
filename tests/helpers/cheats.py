"""Answers that try to get points without the work: at least five for each lab, as a student would write them."""

from __future__ import annotations

# Answers to a name that compare equal to everything.
EQUAL = """
class Anything(float):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = float.__hash__
    __iter__ = lambda self: iter([self] * 3)
    __getitem__ = lambda self, key: self
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *given, **named: self
"""

CHEATS: dict[str, dict[str, str]] = {
    "01.1": {
        "the library's block under another name": """
import resnet_labs.blocks as b
class BasicBlock(b.BasicBlock):
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__(in_channels, width, stride=stride, shortcut="none")
        self.downsample = shortcut
""",
        "torchvision's block": """
from torchvision.models.resnet import BasicBlock as Theirs
class BasicBlock(nn.Module):
    expansion = 1
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.inner = Theirs(in_channels, width, stride, shortcut)
    def forward(self, x):
        return self.inner(x)
""",
        "the right number of parameters and nothing else": """
class BasicBlock(nn.Module):
    expansion = 1
    def __init__(self, in_channels, width, stride, shortcut):
        super().__init__()
        self.a = nn.Conv2d(in_channels, width, 3, stride, 1, bias=False)
        self.b = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.n, self.m = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
    def forward(self, x):
        return F.relu(self.m(self.b(self.n(self.a(x)))))
""",
    },
    "01.2": {"everything is equal": EQUAL + "Bottleneck = Anything()\n"},
    "01.3": {
        "patched comparisons": """
torch.allclose = torch.equal = lambda *given, **named: True
torch.testing.assert_close = lambda *given, **named: None
def projection(in_channels, out_channels, stride):
    return nn.Conv2d(in_channels, out_channels, 1, stride)
padding = projection
""",
        "the lab's example alone": """
def projection(in_channels, out_channels, stride):
    return nn.Sequential(nn.Conv2d(64, 128, 1, 2, bias=False), nn.BatchNorm2d(128))
class padding(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 64))
""",
    },
    "01.4": {
        "the library's stages": """
def make_stages(block, num_blocks, widths, change_shape):
    from resnet_labs import resnet
    return resnet.ResNet(resnet.BasicBlock, num_blocks, widths=widths, stem="small").layer1
"""
    },
    "02.1": {
        "a new network": """
def adapt(network, in_channels, num_classes):
    return resnet18(in_channels=in_channels, num_classes=num_classes)
""",
        "a first convolution for show": """
def adapt(network, in_channels, num_classes):
    network.conv1 = nn.Sequential(nn.Conv2d(in_channels, 3, 1), network.conv1)
    network.fc = nn.Linear(512, num_classes)
    return network
""",
        "the library's stem and head": """
def adapt(network, in_channels, num_classes):
    from resnet_labs.weights import replace_head, replace_stem
    return replace_head(replace_stem(network, in_channels), num_classes)
""",
    },
    "02.2": {
        "a loss that falls as it should": """
def train_step(network, images, labels, optimizer):
    global told
    told = globals().get("told", 2.3) * 0.9
    return told
""",
        "the library's loop": """
def train_step(network, images, labels, optimizer):
    from resnet_labs.train.loop import fit as f
    return f(network, [(images, labels)], loss=F.cross_entropy).column("train_loss")[-1]
""",
    },
    "02.3": {
        "scikit-learn": """
def precision_recall_f(confusion):
    from sklearn.metrics import precision_recall_fscore_support as scores
    true, named = confusion.nonzero().T
    return scores(true, named, sample_weight=confusion[true, named], average="macro", zero_division=0)[:3]
""",
        "an object that equals everything": EQUAL + "precision_recall_f = Anything()\n",
    },
    "02.4": {
        "even shares": """
class_shares = lambda labels, num_classes: torch.full((num_classes,), 1 / num_classes)
digit, sizes, matches = 1, (8, 28), 0
""",
        "a patched count": """
torch.bincount = lambda labels, minlength=0: torch.ones(minlength)
class_shares = lambda labels, num_classes: torch.bincount(labels, minlength=num_classes) / len(labels)
digit, sizes, matches = 1, (8, 28), 0
""",
    },
    "03.1": {
        "the lab's example": "wilson_interval = lambda right, total: (0.9784, 0.9845)\n",
        "the library's interval": """
def wilson_interval(right, total):
    from resnet_labs import metrics as m
    return m.wilson_interval(right, total)
""",
    },
    "03.2": {
        "counts without the test": """
def mcnemar(first, second):
    return int((first & ~second).sum()), int((second & ~first).sum()), 1.0
""",
        "an object that equals everything": EQUAL
        + "mcnemar = lambda first, second: (Anything(1), Anything(0), Anything(1))\n",
    },
    "03.3": {"the number alone": "smallest_difference, needed = (lambda accuracy, total: 0.0062), 1_776_600\n"},
    "03.4": {
        "the library's report": """
def training_bytes(network, images, numbers_per_weight):
    from resnet_labs.memory import memory_report
    return memory_report(network, images)
""",
        "a guess of the activations": """
def training_bytes(network, images, numbers_per_weight):
    weights = sum(t.nbytes for t in [*network.parameters(), *network.buffers()])
    gradients = sum(p.nbytes for p in network.parameters() if p.requires_grad)
    return weights, gradients, gradients * numbers_per_weight, images.nbytes * 4
""",
    },
    "03.5": {
        "a collector that does nothing": """
import gc
gc.collect = lambda *given: 0
def run_all(makers, batches, release):
    networks, found = [make() for make in makers], []
    for network in networks:
        found.append([0.69] * len(batches))
        release()
    return found
"""
    },
    "04.1": {
        "the head without an optimizer for it": """
def new_head(network, num_classes, learning_rate):
    network.fc = nn.Linear(network.fc.in_features, num_classes)
    class Still:
        param_groups = [{"params": list(network.fc.parameters()), "lr": learning_rate}]
        def step(self): pass
        def zero_grad(self, *given, **named): pass
    return Still()
"""
    },
    "04.2": {
        "the library's freeze": """
def freeze_backbone(network):
    from resnet_labs import freeze
    freeze.linear_probe_(network)
""",
        "a state dict that tells of no change": """
def freeze_backbone(network):
    told = {name: value.clone() for name, value in network.state_dict().items()}
    network.state_dict = lambda *given, **named: told
""",
    },
    "04.3": {
        "zeros of the right shape": """
def features_of(network, batches):
    return torch.zeros(sum(len(images) for images, _ in batches), network.fc.in_features)
"""
    },
    "04.4": {
        "the same rows whatever is drawn": """
def stratified_split(labels, fraction, generator):
    torch.rand(1, generator=generator)
    rows = torch.arange(len(labels))
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        mine = rows[labels == label]
        chosen[mine[: round(fraction * len(mine))]] = True
    return rows[~chosen], rows[chosen]
"""
    },
    "04.5": {
        "multiples of 19": """
possible_sizes = lambda figure, decimals, sizes: [size for size in sizes if size % 19 == 0]
divisor, size, low, high = 19, 570, 0.9259, 0.9629
"""
    },
    "05.1": {
        "the library's stages": """
def collect(network, batches, stages):
    from resnet_labs.features.stages import stage_features as take
    rows = [take(network, images, stages) for images, _ in batches]
    return {name: torch.cat([row[name].mean((2, 3)) for row in rows]) for name in stages}
""",
        "zeros of the right shape": """
def collect(network, batches, stages):
    return {name: torch.zeros(sum(len(images) for images, _ in batches), 4) for name in stages}
""",
    },
    "05.2": {
        "the lab's example": """
last_block = lambda network: ["layer4.2", "fc"]
def train_only(network, parts):
    network.requires_grad_(False)
    network.fc.requires_grad_(True)
"""
    },
    "05.3": {
        "scikit-learn's neighbours": """
def nearest(features, num_neighbours):
    from sklearn import neighbors
    near = neighbors.NearestNeighbors(n_neighbors=num_neighbours).fit(features.numpy())
    return torch.from_numpy(near.kneighbors(return_distance=False))
purity = lambda features, labels, k: (labels[nearest(features, k)] == labels[:, None]).float().mean().item()
""",
        "a third": """
nearest = lambda features, k: torch.zeros(len(features), k, dtype=torch.long)
purity = lambda *given: 1 / 3
""",
    },
    "05.4": {"a half": "kept = lambda features, positions, num_neighbours: 0.5\n"},
    "06.1": {
        "torch's loss": """
def smooth_cross_entropy(logits, labels, smoothing):
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)
"""
    },
    "06.2": {
        "nothing is mixed": """
def mixup(images, labels, num_classes, alpha):
    torch.distributions.Beta(alpha, alpha).sample()
    return images.clone(), F.one_hot(labels, num_classes).float()
""",
        "a generator that always gives a half": """
torch.distributions.Beta.sample = lambda self, shape=(): torch.tensor(0.5)
def mixup(images, labels, num_classes, alpha):
    kept, order = torch.distributions.Beta(alpha, alpha).sample().item(), torch.randperm(len(images))
    rows = F.one_hot(labels, num_classes).float()
    return kept * images + (1 - kept) * images[order], kept * rows + (1 - kept) * rows[order]
""",
    },
    "06.3": {
        "the library's schedule": """
def learning_rate_factor(step, num_steps, warmup_steps):
    import resnet_labs.optim as o
    return o.learning_rate_factor(step, num_steps=num_steps, warmup_steps=warmup_steps, schedule="cosine")
"""
    },
    "06.4": {
        "torch's clipping": "clip_by_norm_ = nn.utils.clip_grad_norm_\n",
        "the lab's example": """
def clip_by_norm_(parameters, limit):
    for parameter in parameters:
        parameter.grad = parameter.grad / 5
    return 5.0
""",
    },
    "06.5": {
        "a header alone": """
def write_submission(path, logits):
    with open(path, "w") as file:
        file.write("id,label\\n")
"""
    },
    "07.1": {
        "torch's loss": "cross_entropy = nn.CrossEntropyLoss()\n",
        "the library's loss": """
from resnet_labs import losses as ours
cross_entropy = lambda logits, labels: ours.cross_entropy(logits, labels)
""",
        "the lab's example": "cross_entropy = lambda logits, labels: logits.sum() * 0 + 2.302585\n",
    },
    "07.2": {
        "zeros": "distances = lambda points: (points[:, None] - points).sum(2) * 0\n",
    },
    "07.3": {
        "torch's loss": """
def triplet_loss(points, labels, margin, mining):
    return F.triplet_margin_loss(points, points.roll(1, 0), points.roll(2, 0), margin=margin)
""",
        "no loss": "triplet_loss = lambda points, labels, margin, mining: points.sum() * 0\n",
    },
    "07.4": {
        "centers that stay": """
center_loss = lambda features, labels, centers: (features - centers[labels]).square().sum(1).mean() / 2
move_centers = lambda features, labels, centers, alpha: centers.clone()
"""
    },
    "07.5": {
        "the library's measures": """
from resnet_labs.metrics import per_class_accuracy, top_k_accuracy as theirs
top_k_accuracy = lambda scores, labels, k: theirs(scores, labels, k)
class_accuracy = lambda scores, labels: per_class_accuracy(scores.argmax(1), labels)
nearest_mean = lambda known, known_labels, asked, num_classes: torch.zeros(len(asked), num_classes)
""",
        "everything is right": """
nearest_mean = lambda known, known_labels, asked, num_classes: torch.zeros(len(asked), num_classes)
top_k_accuracy = lambda scores, labels, k: 1.0
class_accuracy = lambda scores, labels: torch.ones(scores.shape[1])
""",
    },
    "08.1": {
        "a step that tells a loss": """
def autoencoder_layer(num_inputs, num_hidden, activation, last):
    return nn.Linear(num_inputs, num_hidden), nn.Linear(num_hidden, num_inputs)
def reconstruction_step(encoder, decoder, rows, optimizer):
    return F.mse_loss(decoder(encoder(rows)), rows).item()
""",
    },
    "08.2": {
        "the library's pretraining": """
def pretrain(layers, batches, epochs, learning_rate):
    from resnet_labs.autoencoder import pretrain_layerwise as theirs
    return theirs(layers, batches, epochs=epochs, learning_rate=learning_rate)
""",
        "losses without training": """
def pretrain(layers, batches, epochs, learning_rate):
    return [[0.1 / (1 + epoch) for epoch in range(epochs)] for _ in layers]
""",
    },
    "08.3": {
        "an untrained network": """
def classifier(layers, num_classes):
    sizes = [layer[0][0].in_features for layer in layers] + [layers[-1][0][0].out_features]
    parts = [nn.Flatten()]
    for before, after in pairwise(sizes):
        parts += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(sizes[-1], num_classes))
"""
    },
    "08.4": {
        "nothing is dead": """
dead_classes = lambda head, codes: torch.zeros(head.out_features, dtype=torch.bool)
class_gradients = lambda head, codes, labels: torch.zeros(head.out_features).double()
ceiling = 0.801
""",
        "any answer is equal": EQUAL + "dead_classes = class_gradients = ceiling = Anything(0.5)\n",
    },
    "09.1": {
        "the audit's own": """
def possible_sizes(accuracies, decimals, largest):
    from resnet_labs.reports import audit
    return audit.sample_sizes(accuracies, decimals=decimals, largest=largest)
"""
    },
    "09.2": {"the lab's example": "class_sizes = lambda runs, decimals, largest: [[100, 200]] * 10\ntotal = 1000\n"},
    "09.3": {"always one word": 'which_score = lambda figure, decimals, confusion: "both"\n'},
    "09.4": {"usual sizes": "batch_sizes = lambda loss_sum, num_images, lowest, highest: [32, 64, 128]\n"},
    "09.5": {"no difference": "difference = lambda *given: (0.0, -0.01, 0.01)\n"},
}
