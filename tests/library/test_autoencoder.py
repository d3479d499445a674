"""The stacked autoencoder: equal to hand-written layers, pretrained as `fit` would train each layer by itself."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from resnet_labs import data
from resnet_labs.autoencoder import LayerHistory, MLPClassifier, StackedAutoencoder, pretrain_layerwise
from resnet_labs.errors import InputError
from resnet_labs.metrics import per_class_accuracy
from resnet_labs.train import TrainConfig, fit

SIZES = (16, 9, 7, 5)


def autoencoder(seed=0, sizes=SIZES):
    torch.manual_seed(seed)
    return StackedAutoencoder(sizes)


def images(count=20, seed=0):
    return torch.rand(count, 1, 4, 4, generator=torch.Generator().manual_seed(seed))


def batches(shuffle=True, augment=None):
    pixels = (images(40) * 255).to(torch.uint8)
    made = data.ImageData(pixels, torch.arange(40) % 3, ("a", "b", "c"), "made here")
    return data.Batches(made, 16, shuffle=shuffle, seed=5, augment=augment)


def config(**changes):
    return TrainConfig(**{"epochs": 3, "learning_rate": 0.01, "optimizer": "adam", "precision": "fp32", **changes})


def weights(module):
    return [parameter.detach().clone() for parameter in module.parameters()]


def same(first, second):
    return all(torch.equal(one, two) for one, two in zip(first, second, strict=True))


def hand_written(model):
    """The autoencoder of SIZES in plain torch, with the weights of `model`."""
    network = nn.Sequential(
        *(nn.Linear(16, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 5)),
        *(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 9), nn.ReLU(), nn.Linear(9, 16), nn.Sigmoid()),
    )
    network.load_state_dict(dict(zip(network.state_dict(), model.state_dict().values(), strict=True)))
    return network.to(next(model.parameters()).dtype)


def test_values_and_gradients_are_those_of_a_hand_written_network():
    ours = autoencoder().double()
    theirs = hand_written(ours)
    x = images().double()
    for model, inputs in ((ours, x), (theirs, x.flatten(1))):
        F.mse_loss(model(inputs), x.flatten(1)).backward()
    assert torch.equal(ours(x), theirs(x.flatten(1)))
    assert torch.equal(ours.encode(x), theirs[:5](x.flatten(1)))
    assert torch.equal(ours.decode(ours.encode(x)), ours(x))
    assert same([p.grad for p in ours.parameters()], [p.grad for p in theirs.parameters()])


def test_modules_are_those_that_report_4_prints():
    model = autoencoder(sizes=(36, 10, 12, 7, 5, 2))  # a hundred times narrower
    for module, last, count in ((model.encoder, "Linear", 9), (model.decoder, "Sigmoid", 10)):
        leaves = [type(part).__name__ for part in module.modules() if not isinstance(part, nn.Sequential)]
        assert leaves == [*(["Linear", "ReLU"] * 5)[: count - 1], last]
    assert (model.encode(torch.rand(30, 36)) < 0).any()
    assert MLPClassifier(model.encoder, 10, final_relu=True).fc.weight.shape == (10, 2)


def test_hidden_gives_every_layer_and_number_3_is_the_fourth():
    model = autoencoder()
    outputs = model.hidden(images())
    assert [output.shape for output in outputs] == [(20, 9), (20, 7), (20, 5)]
    assert torch.equal(outputs[1], model.encoder[:2](images().flatten(1)))
    assert torch.equal(outputs[2], model.encode(images()))
    report = autoencoder(sizes=(36, 10, 12, 7, 5, 1))  # report 4's, a hundred times narrower
    assert report.hidden(torch.rand(3, 1, 6, 6))[3].shape == (3, 5)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_images_may_be_flat_or_pictures_of_any_layout(count):
    model = autoencoder(sizes=(12, 4))
    pictures = torch.rand(count, 3, 2, 2)
    expected = model(pictures)
    assert expected.shape == (count, 12)
    assert torch.equal(model(pictures.flatten(1)), expected)
    assert torch.equal(model(pictures.to(memory_format=torch.channels_last)), expected)
    assert torch.equal(model(pictures.transpose(2, 3)), model(pictures.transpose(2, 3).contiguous()))


def test_bf16_images_and_bf16_weights_are_taken():
    model = autoencoder()
    halves = images().bfloat16()
    assert torch.equal(model(halves), model(halves.float()))
    assert MLPClassifier(model.encoder, 3)(halves).dtype == torch.float32
    rounded = copy.deepcopy(model).bfloat16()
    assert rounded(halves).dtype == torch.bfloat16
    torch.testing.assert_close(rounded(halves).float(), model(images()), atol=0.02, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "sgd", "learning_rate": 0.1, "weight_decay": 0.01, "schedule": "cosine", "warmup_epochs": 1},
        {"clip_norm": 0.01},
        {"precision": "bf16"},
    ],
)
def test_pretraining_is_fit_on_each_layer_with_what_the_layers_below_give_out(settings):
    ours, theirs = autoencoder(), autoencoder()
    histories = pretrain_layerwise(ours, batches(), config=config(**settings), validation=batches(shuffle=False))

    for depth, history in enumerate(histories):
        below, precision = theirs.encoder[:depth], settings.get("precision", "fp32")

        class Codes:
            """The batches of an epoch, with codes as images and as targets."""

            def __init__(self, below, precision, shuffle):
                self.below, self.precision, self.batches = below, precision, batches(shuffle)

            def __len__(self):
                return len(self.batches)

            def set_epoch(self, epoch):
                self.batches.set_epoch(epoch)

            def __iter__(self):
                for pictures, _ in self.batches:
                    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16"):
                        code = self.below(pictures.flatten(1))
                    yield code, code

        layer = nn.Sequential(theirs.encoder[depth], theirs.decoder[-1 - depth])
        expected = fit(layer, Codes(below, precision, True), loss=F.mse_loss, config=config(**settings), progress=False)
        assert history.layer == depth + 1
        assert history.losses == expected.column("train_loss")
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            errors = [(F.mse_loss(layer(code), code).item(), len(code)) for code, _ in Codes(below, precision, False)]
        mean = sum(error * count for error, count in errors) / 40
        assert history.validation_losses[-1] == pytest.approx(mean, rel=1e-6)
    assert same(weights(ours), weights(theirs))


def test_layers_below_and_above_stand_bitwise_still_while_one_trains(monkeypatch):
    model = autoencoder()
    moved = []
    original = torch.optim.Adam.step

    def watched(optimizer, *arguments, **settings):
        before = weights(model)
        result = original(optimizer, *arguments, **settings)
        names = [name for name, _ in model.named_parameters()]
        changed = zip(names, before, weights(model), strict=True)
        moved.append({name.rpartition(".")[0] for name, old, new in changed if not torch.equal(old, new)})
        return result

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    pretrain_layerwise(model, batches(), config=config(epochs=2))
    pairs = [{"encoder.0.0", "decoder.2.0"}, {"encoder.1.0", "decoder.1.0"}, {"encoder.2.0", "decoder.0.0"}]
    assert moved == [pair for pair in pairs for _ in range(6)]


def test_layers_below_run_once_a_batch_and_without_gradients():
    model = autoencoder()
    runs = []
    model.encoder[0].register_forward_hook(lambda layer, inputs, output: runs.append(output.requires_grad))
    pretrain_layerwise(model, batches(), config=config(epochs=2), validation=batches(shuffle=False))
    assert runs == ([True] * 3 + [False] * 3) * 2 + [False] * 24
    assert all(p.requires_grad for p in model.parameters())


def test_pretraining_learns_and_validation_is_never_trained_on():
    plain, watched = autoencoder(), autoencoder()
    histories = pretrain_layerwise(plain, batches(), config=config(epochs=8))
    assert all(history.losses[-1] < history.losses[0] for history in histories)
    assert all(history.validation_losses == [] for history in histories)
    with_validation = pretrain_layerwise(watched, batches(), config=config(epochs=8), validation=batches(shuffle=False))
    assert [h.losses for h in with_validation] == [h.losses for h in histories]
    assert same(weights(plain), weights(watched))


def test_same_seed_same_weights_whatever_was_drawn_before():
    shuffled = torch.utils.data.DataLoader([(x, 0) for x in images()], batch_size=8, shuffle=True)
    found = []
    for seed in (1, 1, 2):
        model = autoencoder()
        torch.rand(len(found))
        pretrain_layerwise(model, shuffled, config=config(epochs=1, seed=seed))
        found.append(weights(model))
    assert same(found[0], found[1])
    assert not same(found[0], found[2])


def test_fine_tuning_reaches_every_layer_of_autoencoder_and_classifier():
    model = autoencoder()
    before = weights(model)
    targets = batches(augment=lambda pictures, labels, generator: (pictures, pictures.flatten(1)))
    history = fit(model, targets, loss=F.mse_loss, config=config(epochs=1), progress=False)
    assert not any(torch.equal(old, new) for old, new in zip(before, weights(model), strict=True))
    assert history.column("train_loss")[0] < 0.2

    classifier = MLPClassifier(model.encoder, 3)
    before = weights(classifier)
    fit(classifier, batches(), loss=F.cross_entropy, config=config(epochs=1), progress=False)
    assert not any(torch.equal(old, new) for old, new in zip(before, weights(classifier), strict=True))
    assert classifier.encoder is model.encoder


def test_classifier_is_the_encoder_and_a_linear_layer():
    model = autoencoder().double()
    classifier = MLPClassifier(model.encoder, 4).double()
    clamped = MLPClassifier(model.encoder, 4, final_relu=True).double()
    clamped.load_state_dict(classifier.state_dict())
    logits = F.linear(model.encode(images().double()), classifier.fc.weight, classifier.fc.bias)
    assert torch.equal(classifier(images().double()), logits)
    assert torch.equal(clamped(images().double()), logits.clamp(min=0))
    assert (logits < 0).any()


def test_a_class_that_dies_under_the_final_relu_stays_at_exactly_zero():
    labels = torch.arange(40) % 3
    accuracies = {}
    for final_relu in (True, False):
        torch.manual_seed(0)
        classifier = MLPClassifier(StackedAutoencoder((16, 12)).encoder, 3, final_relu=final_relu)
        with torch.no_grad():
            classifier.fc.bias[1] = -2.0  # its logit is now below zero for every image
        dead = classifier.fc.weight[1].detach().clone()
        rounds = config(epochs=40, learning_rate=0.05)
        fit(classifier, batches(), loss=F.cross_entropy, config=rounds, progress=False)
        pixels = batches(shuffle=False).data.images.float() / 255
        logits = classifier(pixels)
        accuracies[final_relu] = per_class_accuracy(logits, labels)
        assert torch.equal(classifier.fc.weight[1], dead) == final_relu
        if final_relu:
            assert (logits[:, 1] == 0).all()
            silent = torch.zeros_like(logits)
            assert silent.argmax(1).unique().tolist() == [0]  # all at zero: the first class is predicted
    assert accuracies[True][1] == 0
    assert accuracies[False][1] > 0.5


@pytest.mark.parametrize("sizes", [(), (16,), (16, 0), (-1, 4)])
def test_too_few_or_impossible_sizes_are_refused(sizes):
    with pytest.raises(InputError, match=r"sizes is \(.*\)\. Give the values of an image and the width of at"):
        StackedAutoencoder(sizes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (torch.rand(2, 1, 5, 5), r"images of shape \(2, 1, 5, 5\) have 25 values each, but the first layer takes 16"),
        (torch.rand(2, 25), r"Build the network with sizes=\(25, ...\), or resize the images\."),
        (torch.rand(1, 4, 4), r"images has shape \(1, 4, 4\).*For one image, write images\[None\]"),
        (torch.rand(16), r"images has shape \(16,\); \(N, C, H, W\) or \(N, D\) is needed. Give a batch"),
        (torch.zeros(2, 1, 4, 4, dtype=torch.uint8), r"images is torch.uint8.*Write images.float\(\) / 255"),
    ],
)
def test_images_that_do_not_fit_are_refused_with_the_mend(wrong, said):
    model = autoencoder()
    for call in (model, model.encode, model.hidden, MLPClassifier(model.encoder, 3)):
        with pytest.raises(InputError, match=said):
            call(wrong)


def test_wrong_classifiers_are_refused():
    with pytest.raises(InputError, match=r"encoder is a StackedAutoencoder\. Give the encoder part: autoencoder\.enc"):
        MLPClassifier(autoencoder(), 3)
    with pytest.raises(InputError, match="encoder is a Flatten"):
        MLPClassifier(nn.Flatten(), 3)
    with pytest.raises(InputError, match=r"num_classes is 0\. Give an integer of at least 1"):
        MLPClassifier(autoencoder().encoder, 0)


@pytest.mark.parametrize(("setting", "value"), [("compile", True), ("channels_last", True), ("accumulate", 2)])
def test_settings_without_meaning_are_refused(setting, value):
    with pytest.raises(InputError, match=f"{setting} is {value}, which has no meaning for single linear layers"):
        pretrain_layerwise(autoencoder(), batches(), config=config(**{setting: value}))


def test_pretraining_without_batches_or_with_a_frozen_layer_is_refused():
    with pytest.raises(InputError, match="There is no batch to train on"):
        pretrain_layerwise(autoencoder(), [], config=config())
    with pytest.raises(InputError, match="Nothing to train"):
        pretrain_layerwise(autoencoder().requires_grad_(False), batches(), config=config())


def test_a_loss_that_is_not_finite_names_layer_and_epoch():
    broken = autoencoder()
    with torch.no_grad():
        broken.decoder[1][0].bias[0] = torch.inf
    with pytest.raises(InputError, match=r"The loss is (inf|nan) in layer 2, epoch 1\. Lower the learning rate"):
        pretrain_layerwise(broken, batches(), config=config())


def test_history_is_plain_numbers():
    (history,) = pretrain_layerwise(autoencoder(sizes=(16, 4)), batches(), config=config(epochs=2))
    assert history == LayerHistory(1, history.losses, [])
    assert [type(loss) for loss in history.losses] == [float, float]
