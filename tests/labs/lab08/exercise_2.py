"""Wrong answers to lab 08, one for each mistake that learners make, with the code of the message that each must get."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import nn

# exercise 08.1


def layer(num_inputs, num_hidden, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()),
        nn.Sequential(nn.Linear(num_hidden, num_inputs), last),
    )


def encoder_without_relu(num_inputs, num_hidden, last):
    return nn.Linear(num_inputs, num_hidden), nn.Sequential(nn.Linear(num_hidden, num_inputs), last)


def sigmoid_code(num_inputs, num_hidden, last):
    encoder, decoder = layer(num_inputs, num_hidden, last)
    return nn.Sequential(encoder[0], nn.Sigmoid()), decoder


def decoder_without_last(num_inputs, num_hidden, last):
    return nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()), nn.Linear(num_hidden, num_inputs)


def sigmoid_always(num_inputs, num_hidden, last):
    return layer(num_inputs, num_hidden, nn.Sigmoid())


def relu_always(num_inputs, num_hidden, last):
    return layer(num_inputs, num_hidden, nn.ReLU())


def relu_before_last(num_inputs, num_hidden, last):
    encoder, decoder = layer(num_inputs, num_hidden, last)
    return encoder, nn.Sequential(decoder[0], nn.ReLU(), last)


def decoder_the_same_way(num_inputs, num_hidden, last):
    return (
        nn.Sequential(nn.Linear(num_inputs, num_hidden), nn.ReLU()),
        nn.Sequential(nn.Linear(num_inputs, num_hidden), last),
    )


def encoder_without_bias(num_inputs, num_hidden, last):
    _, decoder = layer(num_inputs, num_hidden, last)
    return nn.Sequential(nn.Linear(num_inputs, num_hidden, bias=False), nn.ReLU()), decoder


class _Tied(nn.Module):
    def __init__(self, linear, last):
        super().__init__()
        self.weight, self.bias, self.last = linear.weight, nn.Parameter(torch.zeros(linear.in_features)), last

    def forward(self, code):
        return self.last(code @ self.weight + self.bias)


def tied_weights(num_inputs, num_hidden, last):
    encoder, _ = layer(num_inputs, num_hidden, last)
    return encoder, _Tied(encoder[0], last)


class _Detached(nn.Sequential):
    def forward(self, rows):
        return super().forward(rows.detach())


def detached_decoder(num_inputs, num_hidden, last):
    encoder, decoder = layer(num_inputs, num_hidden, last)
    return encoder, _Detached(*decoder)


def one_network(num_inputs, num_hidden, last):
    return nn.Sequential(*layer(num_inputs, num_hidden, last))


def step(encoder, decoder, rows, optimizer, *, loss=F.mse_loss, clear=True, number=True):
    if clear:
        optimizer.zero_grad()
    value = loss(decoder(encoder(rows)), rows)
    value.backward()
    optimizer.step()
    return value.item() if number else value


def summed_squares(*given):
    return step(*given, loss=lambda a, b: F.mse_loss(a, b, reduction="sum"))


def summed_over_values(*given):
    return step(*given, loss=lambda a, b: (a - b).square().sum(1).mean())


def root_of_the_mean(*given):
    return step(*given, loss=lambda a, b: F.mse_loss(a, b).sqrt())


def absolute_differences(*given):
    return step(*given, loss=F.l1_loss)


def cross_entropy_of_pixels(*given):
    return step(*given, loss=F.binary_cross_entropy)


def gradients_not_cleared(*given):
    return step(*given, clear=False)


def returns_the_tensor(*given):
    return step(*given, number=False)


def no_step(encoder, decoder, rows, optimizer):
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    return loss.item()


def step_at_the_start(encoder, decoder, rows, optimizer):
    optimizer.step()
    optimizer.zero_grad()
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    return loss.item()


def step_between_clearing(encoder, decoder, rows, optimizer):
    loss = F.mse_loss(decoder(encoder(rows)), rows)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


def loss_after_the_step(encoder, decoder, rows, optimizer):
    step(encoder, decoder, rows, optimizer)
    return F.mse_loss(decoder(encoder(rows)), rows).item()


def step_without_return(*given):
    step(*given)


# exercise 08.2


def train(
    layers,
    batches,
    epochs,
    learning_rate,
    *,
    trained=lambda layers, depth: [*layers[depth][0].parameters(), *layers[depth][1].parameters()],
    depths=lambda layers: range(len(layers)),
    optimizer_class=torch.optim.Adam,
    mean=True,
):
    histories = [[] for _ in layers]
    for depth in depths(layers):
        encoder, decoder = layers[depth]
        optimizer = optimizer_class(trained(layers, depth), lr=learning_rate)
        for _ in range(epochs):
            losses = []
            for images, _ in batches:
                with torch.no_grad():
                    rows = images.flatten(1)
                    for below, _ in layers[:depth]:
                        rows = below(rows)
                losses.append(step(encoder, decoder, rows, optimizer))
            histories[depth].append(sum(losses) / (len(losses) if mean else 1))
    return histories


def _through(layers, depth, images, cut):
    rows = images.flatten(1)
    for below, _ in layers[:depth]:
        rows = below(rows)
    return rows.detach() if cut else rows


def gradients_flow_down(layers, batches, epochs, learning_rate):
    for depth, (encoder, decoder) in enumerate(layers):
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for _ in range(epochs):
            for images, _ in batches:
                step(encoder, decoder, _through(layers, depth, images, cut=False), optimizer)
    return [[0.0] * epochs for _ in layers]


def everything_below_trains_too(layers, batches, epochs, learning_rate):
    for depth, (encoder, decoder) in enumerate(layers):
        parts = [part for layer in layers[: depth + 1] for part in layer]
        optimizer = torch.optim.Adam([weight for part in parts for weight in part.parameters()], lr=learning_rate)
        for _ in range(epochs):
            for images, _ in batches:
                step(encoder, decoder, _through(layers, depth, images, cut=False), optimizer)
    return [[0.0] * epochs for _ in layers]


def epochs_outside(layers, batches, epochs, learning_rate):
    optimizers = [
        torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for encoder, decoder in layers
    ]
    histories = [[] for _ in layers]
    for _ in range(epochs):
        for depth, (encoder, decoder) in enumerate(layers):
            losses = [
                step(encoder, decoder, _through(layers, depth, images, cut=True), optimizers[depth])
                for images, _ in batches
            ]
            histories[depth].append(sum(losses) / len(losses))
    return histories


def every_layer_on_images(layers, batches, epochs, learning_rate):
    for encoder, decoder in layers:
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for images, _ in batches:
            step(encoder, decoder, images.flatten(1), optimizer)
    return [[0.0] * epochs for _ in layers]


def images_not_flattened(layers, batches, epochs, learning_rate):
    for encoder, decoder in layers[:1]:
        optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
        for images, _ in batches:
            step(encoder, decoder, images, optimizer)
    return [[0.0] * epochs for _ in layers]


def one_epoch_only(layers, batches, epochs, learning_rate):
    return [history * epochs for history in train(layers, batches, 1, learning_rate)]


def decoders_stand_still(*given):
    return train(*given, trained=lambda layers, depth: layers[depth][0].parameters())


def last_layer_forgotten(*given):
    return train(*given, depths=lambda layers: range(len(layers) - 1))


def sgd_in_place_of_adam(*given):
    return train(*given, optimizer_class=torch.optim.SGD)


def sums_of_losses(*given):
    return train(*given, mean=False)


def one_flat_list(*given):
    return [loss for history in train(*given) for loss in history]


def pretrain_without_return(*given):
    train(*given)


def rate_left_out(layers, batches, epochs, learning_rate):
    return train(layers, batches, epochs, 1e-3)


def new_optimizer_each_epoch(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        history = []
        for _ in range(epochs):
            optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=learning_rate)
            losses = [
                step(encoder, decoder, _through(layers, depth, images, cut=True), optimizer) for images, _ in batches
            ]
            history.append(sum(losses) / len(losses))
        histories.append(history)
    return histories


def codes_of_untrained_layers(layers, batches, epochs, learning_rate):
    codes = [
        [(_through(layers, depth, images, cut=True), labels) for images, labels in batches]
        for depth in range(len(layers))
    ]
    histories = []
    for (encoder, decoder), rows in zip(layers, codes, strict=True):
        histories += train([(encoder, decoder)], rows, epochs, learning_rate)
    return histories


# exercise 08.3


def _encoders(layers):
    return copy.deepcopy([encoder for encoder, _ in layers])


def _build(*parts):
    return nn.Sequential(nn.Flatten(), *parts).requires_grad_(True)


def _width(layers):
    return layers[-1][0][0].out_features


def new_encoders(layers, num_classes):
    fresh = [nn.Sequential(nn.Linear(e[0].in_features, e[0].out_features), nn.ReLU()) for e, _ in layers]
    return _build(*fresh, nn.Linear(_width(layers), num_classes))


def without_flatten(layers, num_classes):
    return nn.Sequential(*_encoders(layers), nn.Linear(_width(layers), num_classes)).requires_grad_(True)


def the_report_s_relu(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), num_classes), nn.ReLU())


def softmax_at_the_end(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), num_classes), nn.Softmax(1))


def last_relu_lost(layers, num_classes):
    encoders = _encoders(layers)
    return _build(*encoders[:-1], encoders[-1][0], nn.Linear(_width(layers), num_classes))


def last_encoder_left_out(layers, num_classes):
    encoders = _encoders(layers)
    return _build(*encoders[:-1], nn.Linear(encoders[-1][0].in_features, num_classes))


def ten_classes_always(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), 10))


def decoders_inside(layers, num_classes):
    layers = copy.deepcopy(layers)
    downs, ups = [down for down, _ in layers], [up for _, up in reversed(layers)]
    return _build(*downs, *ups, nn.Linear(layers[0][0][0].in_features, num_classes))


def stays_frozen(layers, num_classes):
    return nn.Sequential(nn.Flatten(), *_encoders(layers), nn.Linear(_width(layers), num_classes))


def only_the_head_trains(layers, num_classes):
    network = _build(*_encoders(layers), nn.Linear(_width(layers), num_classes))
    network[1:-1].requires_grad_(False)
    return network


def no_copy(layers, num_classes):
    return _build(*(encoder for encoder, _ in layers), nn.Linear(_width(layers), num_classes))


class _ListOfEncoders(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.encoders, self.head = _encoders(layers), nn.Linear(_width(layers), num_classes)

    def forward(self, images):
        rows = images.flatten(1)
        for encoder in self.encoders:
            rows = encoder(rows)
        return self.head(rows)


class _Fixed(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.encoders = nn.Sequential(*_encoders(layers))
        self.head = nn.Linear(_width(layers), num_classes)
        self.requires_grad_(True)

    def forward(self, images):
        with torch.no_grad():
            rows = self.encoders(images.flatten(1))
        return self.head(rows)


def two_heads(layers, num_classes):
    return _build(*_encoders(layers), nn.Linear(_width(layers), 12), nn.Linear(12, num_classes))


def classifier_without_return(layers, num_classes):
    _build(*_encoders(layers), nn.Linear(_width(layers), num_classes))


# exercise 08.4


def dead(head, codes):
    return (head(codes) <= 0).all(0)


def below_zero_only(head, codes):
    return (head(codes) < 0).all(0)


def zero_without_a_relu(head, codes):
    return (head(codes) == 0).all(0)


def zero_for_any_row(head, codes):
    return (head(codes) <= 0).any(0)


def a_value_for_each_row(head, codes):
    return (head(codes) <= 0).all(1)


def zero_on_average(head, codes):
    return head(codes).mean(0) <= 0


def never_the_best(head, codes):
    named = head(codes).argmax(1)
    return torch.tensor([k not in named for k in range(head.out_features)])


def living_classes(head, codes):
    return ~dead(head, codes)


def numbers_of_classes(head, codes):
    return dead(head, codes).nonzero()[:, 0]


def gradients(head, codes, labels, *, relu=F.relu, reduction="mean", norm=lambda gradient: gradient.norm(dim=1)):
    loss = F.cross_entropy(relu(head(codes)), labels, reduction=reduction)
    return norm(torch.autograd.grad(loss, head.weight)[0])


def gradients_without_relu(*given):
    return gradients(*given, relu=lambda logits: logits)


def gradients_of_the_sum(*given):
    return gradients(*given, reduction="sum")


def squared_norms(*given):
    return gradients(*given, norm=lambda gradient: gradient.square().sum(1))


def norms_of_columns(*given):
    return gradients(*given, norm=lambda gradient: gradient.norm(dim=0))


def one_norm_for_all(*given):
    return gradients(*given, norm=torch.norm)


def gradients_pile_up(head, codes, labels):
    F.cross_entropy(F.relu(head(codes)), labels).backward()
    return head.weight.grad.norm(dim=1)


# check -> (what is handed in, the code of the message it must get)
MUTANTS = {
    "check_layer": [
        ((encoder_without_relu, step), "08.1/no-relu"),
        ((sigmoid_code, step), "08.1/sigmoid-code"),
        ((decoder_without_last, step), "08.1/no-last"),
        ((sigmoid_always, step), "08.1/always-sigmoid"),
        ((relu_always, step), "08.1/always-relu"),
        ((relu_before_last, step), "08.1/relu-and-last"),
        ((decoder_the_same_way, step), "08.1/decoder-weights"),
        ((encoder_without_bias, step), "08.1/encoder-weights"),
        ((tied_weights, step), "08.1/tied"),
        ((detached_decoder, step), "08.1/gradient"),
        ((one_network, step), "08.1/two-modules"),
        ((layer, summed_squares), "08.1/sum"),
        ((layer, summed_over_values), "08.1/sum-over-values"),
        ((layer, root_of_the_mean), "08.1/root"),
        ((layer, absolute_differences), "08.1/absolute"),
        ((layer, cross_entropy_of_pixels), "08.1/loss"),
        ((layer, gradients_not_cleared), "08.1/not-cleared"),
        ((layer, returns_the_tensor), "08.1/keeps-graph"),
        ((layer, no_step), "08.1/no-step"),
        ((layer, step_between_clearing), "08.1/no-step"),
        ((layer, loss_after_the_step), "08.1/after-step"),
        ((layer, step_at_the_start), "08.1/stale-step"),
        ((layer, step_without_return), "08.1/no-return"),
    ],
    "check_pretrain": [
        ((gradients_flow_down,), "08.2/gradients-below"),
        ((everything_below_trains_too,), "08.2/moved"),
        ((epochs_outside,), "08.2/interleaved"),
        ((every_layer_on_images,), "08.2/raises"),
        ((images_not_flattened,), "08.2/raises"),
        ((one_epoch_only,), "08.2/too-few-steps"),
        ((rate_left_out,), "08.2/learning-rate"),
        ((decoders_stand_still,), "08.2/decoder-still"),
        ((last_layer_forgotten,), "08.2/untrained"),
        ((sgd_in_place_of_adam,), "08.2/weights"),
        ((new_optimizer_each_epoch,), "08.2/fresh-optimizer"),
        ((codes_of_untrained_layers,), "08.2/untrained-below"),
        ((sums_of_losses,), "08.2/sum"),
        ((one_flat_list,), "08.2/histories"),
        ((pretrain_without_return,), "08.2/no-return"),
    ],
    "check_classifier": [
        ((new_encoders,), "08.3/codes"),
        ((without_flatten,), "08.3/raises"),
        ((the_report_s_relu,), "08.3/final-relu"),
        ((softmax_at_the_end,), "08.3/softmax"),
        ((last_relu_lost,), "08.3/no-relu"),
        ((last_encoder_left_out,), "08.3/layer-missing"),
        ((ten_classes_always,), "08.3/shape"),
        ((decoders_inside,), "08.3/codes-shape"),
        ((stays_frozen,), "08.3/frozen"),
        ((only_the_head_trains,), "08.3/frozen"),
        ((no_copy,), "08.3/shares"),
        ((_ListOfEncoders,), "08.3/unregistered"),
        ((_Fixed,), "08.3/no-gradient"),
        ((two_heads,), "08.3/codes-shape"),
        ((classifier_without_return,), "08.3/no-return"),
    ],
    "check_dead": [
        ((below_zero_only, gradients, 0.801), "08.4/below-zero"),
        ((zero_without_a_relu, gradients, 0.801), "08.4/zero-only"),
        ((zero_for_any_row, gradients, 0.801), "08.4/any"),
        ((a_value_for_each_row, gradients, 0.801), "08.4/wrong-axis"),
        ((zero_on_average, gradients, 0.801), "08.4/mean"),
        ((never_the_best, gradients, 0.801), "08.4/never-best"),
        ((living_classes, gradients, 0.801), "08.4/alive"),
        ((numbers_of_classes, gradients, 0.801), "08.4/numbers"),
        ((dead, gradients_without_relu, 0.801), "08.4/no-relu"),
        ((dead, gradients_of_the_sum, 0.801), "08.4/sum"),
        ((dead, squared_norms, 0.801), "08.4/square"),
        ((dead, norms_of_columns, 0.801), "08.4/wrong-axis"),
        ((dead, one_norm_for_all, 0.801), "08.4/one-norm"),
        ((dead, gradients_pile_up, 0.801), "08.4/accumulates"),
        ((dead, gradients, 0.199), "08.4/lost-share"),
        ((dead, gradients, 0.8), "08.4/equal-classes"),
        ((dead, gradients, 801), "08.4/images"),
        ((dead, gradients, 80.1), "08.4/per-cent"),
        ((dead, gradients, 0.735), "08.4/ceiling"),
    ],
}


# right answers, written differently


class _Down(nn.Module):
    def __init__(self, num_inputs, num_hidden):
        super().__init__()
        self.w = nn.Parameter(torch.randn(num_inputs, num_hidden) / num_inputs**0.5)
        self.b = nn.Parameter(torch.zeros(num_hidden))

    def forward(self, rows):
        return torch.clamp(rows @ self.w + self.b, min=0)


def layer_of_own_parameters(num_inputs, num_hidden, last):
    _, decoder = layer(num_inputs, num_hidden, last)
    return _Down(num_inputs, num_hidden), decoder


def layer_by_add_module(num_inputs, num_hidden, last):
    encoder, decoder = nn.Sequential(), nn.Sequential()
    decoder.add_module("up", nn.Linear(num_hidden, num_inputs))
    decoder.add_module("last", last)
    encoder.add_module("down", nn.Linear(num_inputs, num_hidden))
    encoder.add_module("relu", nn.LeakyReLU(0.0))
    return [encoder, decoder]


def step_by_hand(encoder, decoder, rows, optimizer):
    back = decoder(encoder(rows))
    loss = (back - rows).pow(2).sum() / rows.numel()
    for group in optimizer.param_groups:
        for weight in group["params"]:
            weight.grad = None
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def step_with_the_loss_module(encoder, decoder, rows, optimizer):
    encoder.train()
    loss = nn.MSELoss()(nn.Sequential(encoder, decoder)(rows), rows.detach())
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach().numpy().item()


def pretrain_on_kept_codes(layers, batches, epochs, learning_rate):
    kept = [images.flatten(1) for images, _ in batches]
    histories = []
    for encoder, decoder in layers:
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=learning_rate)
        per_epoch = torch.zeros(epochs, dtype=torch.float64)
        for epoch in range(epochs):
            for rows in kept:
                per_epoch[epoch] += step(encoder, decoder, rows, adam) / len(kept)
        kept = [encoder(rows).detach() for rows in kept]
        histories.append(per_epoch.tolist())
    return histories


def pretrain_with_one_optimizer(layers, batches, epochs, learning_rate):
    adam = torch.optim.Adam([weight for pair in layers for part in pair for weight in part.parameters()], learning_rate)
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        adam.zero_grad()
        histories.append([])
        for _ in range(epochs):
            losses = [step(encoder, decoder, _through(layers, depth, images, cut=True), adam) for images, _ in batches]
            histories[-1].append(torch.tensor(losses).double().mean())
    return histories


def pretrain_by_freezing(layers, batches, epochs, learning_rate):
    histories = []
    for depth, (encoder, decoder) in enumerate(layers):
        for below, _ in layers[:depth]:
            below.requires_grad_(False)
        parameters = [weight for part in (encoder, decoder) for weight in part.parameters()]
        adam = torch.optim.Adam(parameters, lr=learning_rate)
        history = []
        for _ in range(epochs):
            total = 0.0
            for images, _ in batches:
                total += step(encoder, decoder, _through(layers, depth, images, cut=False), adam)
            history.append(total / len(batches))
        histories.append(tuple(history))
    return histories


class _Own(nn.Module):
    def __init__(self, layers, num_classes):
        super().__init__()
        self.body = nn.ModuleList(_encoders(layers))
        self.last = nn.Linear(_width(layers), num_classes)
        for weight in self.parameters():
            weight.requires_grad = True

    def forward(self, x):
        x = x.reshape(len(x), -1)
        for part in self.body:
            x = part(x)
        return self.last(x)


def classifier_by_state_dicts(layers, num_classes):
    fresh = []
    for encoder, _ in layers:
        linear = nn.Linear(encoder[0].in_features, encoder[0].out_features)
        linear.double().load_state_dict(encoder[0].state_dict())
        fresh += [linear, nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *fresh, nn.Linear(_width(layers), num_classes).double())


def classifier_head_first(layers, num_classes):
    head = nn.Linear(_width(layers), num_classes)
    whole = copy.deepcopy(nn.ModuleList([encoder for encoder, _ in layers]))
    network = nn.Sequential()
    network.add_module("flat", nn.Flatten(start_dim=1))
    for number, encoder in enumerate(whole):
        network.add_module(f"layer{number}", encoder)
    network.add_module("fc", head)
    for weight in network.parameters():
        weight.requires_grad_()
    return network


def dead_after_the_relu(head, codes):
    return F.relu(head(codes)).sum(0) == 0


def dead_by_the_largest(head, codes):
    return head(codes).amax(0) <= 0


def dead_by_a_loop(head, codes):
    logits = (codes @ head.weight.T + head.bias).tolist()
    return torch.tensor([not any(row[k] > 0 for row in logits) for k in range(head.out_features)])


def gradients_by_backward(head, codes, labels):
    head.zero_grad()
    nn.CrossEntropyLoss()(head(codes).clamp(min=0), labels).backward()
    return torch.linalg.vector_norm(head.weight.grad, dim=1)


def gradients_of_a_copy(head, codes, labels):
    own = copy.deepcopy(head)
    F.nll_loss(F.relu(own(codes)).log_softmax(1), labels).backward()
    return own.weight.grad.square().sum(1).sqrt()


def gradients_by_hand(head, codes, labels):
    logits = head(codes).detach()
    error = logits.relu().softmax(1) - F.one_hot(labels, head.out_features)
    return ((error * (logits > 0)).T @ codes / len(codes)).norm(dim=1)


RIGHT = {
    "check_layer": [
        (layer, step),
        (layer_of_own_parameters, step_by_hand),
        (layer_by_add_module, step_with_the_loss_module),
    ],
    "check_pretrain": [(train,), (pretrain_on_kept_codes,), (pretrain_with_one_optimizer,), (pretrain_by_freezing,)],
    "check_classifier": [(_Own,), (classifier_by_state_dicts,), (classifier_head_first,)],
    "check_dead": [
        (dead_after_the_relu, gradients_by_backward, 0.801),
        (dead_by_the_largest, gradients_of_a_copy, 801 / 1000),
        (dead_by_a_loop, gradients_by_hand, torch.tensor(0.801)),
    ],
}
