"""Answers to 02.2 by students who know its text alone."""

import torch
import torch.nn.functional as F
from helpers.answers import Answers
from torch import nn

answers = Answers("02.2", "check_train_step")


@answers.wrong(
    "?", "divides the sum by 128, the batch size of the lab, not by the number of images: wrong for every other batch"
)
def sum_over_128(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels, reduction="sum") / 128
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?",
    "clears the gradients behind the step and not before it: what an earlier backward left is added to the first step",
)
def clears_afterwards(network, images, labels, optimizer):
    network.train()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@answers.wrong(
    "?",
    "sets the training flag of the outermost module only: after network.eval() its batch norms stay in evaluation mode",
)
def top_flag_only(network, images, labels, optimizer):
    network.training = True
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "turns the labels into ten columns: an error or a wrong loss for any other number of classes")
def ten_columns(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    target = F.one_hot(labels, 10).float()
    loss = -(target * F.log_softmax(network(images)[:, :10], 1)).sum(1).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "divides images with a value above 1 by 255: normalised images, whose values go to 3, are changed")
def divides_bright_images(network, images, labels, optimizer):
    network.train()
    if images.max() > 1:
        images = images / 255
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "clips the norm of the gradient at 1 before the step: another step wherever the gradient is larger")
def clips(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?", "smooths the labels by 0.1: neither the loss nor the gradient is that of the cross-entropy with the labels"
)
def smooths(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels, label_smoothing=0.1)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "returns a NumPy float32, which is no Python float, and fails for a network on a GPU")
def numpy_number(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.detach().numpy()[()]


@answers.wrong(
    "?", "takes the logarithm of the softmax plus 1e-6: a logit 50 below the best gives 13.8 and no gradient, not 50"
)
def log_of_the_softmax(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    chances = network(images).softmax(1) + 1e-6
    loss = F.nll_loss(chances.log(), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?",
    "makes the step itself with the optimizer's rate: momentum, weight decay and every other optimizer than plain SGD are lost",
)
def own_sgd(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    with torch.no_grad():
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter -= group["lr"] * parameter.grad
    return loss.item()


@answers.wrong(
    "?",
    "squeezes the labels: the labels of a batch of one image become a single number, which does not fit the logits (1, K)",
)
def squeezed_labels(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels.squeeze().long())
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong("?", "switches gradients off at its end, for the whole program: no one else's backward works afterwards")
def gradients_off_afterwards(network, images, labels, optimizer):
    torch.set_grad_enabled(True)
    network.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    torch.set_grad_enabled(False)
    return loss.item()


@answers.wrong("?", "makes every parameter train: a frozen layer of the network, which the optimizer holds too, moves")
def unfreezes(network, images, labels, optimizer):
    network.train()
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.wrong(
    "?",
    "runs two halves and takes the mean of their means: wrong for an odd number of images, and batch norm sees halves",
)
def two_halves(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    losses = [F.cross_entropy(network(some), named) for some, named in zip(images.chunk(2), labels.chunk(2))]
    loss = sum(losses) / len(losses)
    loss.backward()
    optimizer.step()
    return loss.item()


@answers.right
def with_a_closure(network, images, labels, optimizer):
    network.train(True)

    def closure():
        optimizer.zero_grad(set_to_none=False)
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        return loss

    return float(optimizer.step(closure))


@answers.right
def by_log_sum(network, images, labels, optimizer):
    network.train()
    for parameter in network.parameters():
        parameter.grad = None
    logits = network(images)
    own = logits.gather(1, labels.view(-1, 1)).squeeze(1)
    loss = (logits.logsumexp(dim=1) - own).sum() / labels.numel()
    loss.backward()
    optimizer.step()
    return loss.detach().cpu().tolist()


@answers.right
def by_autograd(network, images, labels, optimizer):
    network.train()
    network.zero_grad()
    loss = nn.CrossEntropyLoss()(network.forward(images), labels)
    parameters = [p for p in network.parameters() if p.requires_grad]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, allow_unused=True)):
        parameter.grad = gradient
    optimizer.step()
    return float(loss.detach())


@answers.right
def by_hand_gradient(network, images, labels, optimizer):
    network.train()
    optimizer.zero_grad()
    logits = network(images)
    logs = logits.detach().log_softmax(1)
    rows = torch.arange(len(labels), device=labels.device)
    gradient = logs.exp()
    gradient[rows, labels] -= 1
    logits.backward(gradient / len(labels))
    optimizer.step()
    return -logs[rows, labels].mean().item()


@answers.right
def in_other_order(network, images, labels, optimizer):
    optimizer.zero_grad()
    criterion = nn.NLLLoss(reduction="none")
    network = network.train()
    each = criterion(F.log_softmax(network(images), dim=-1), labels)
    mean = torch.mean(each)
    number = mean.item()
    torch.autograd.backward([mean])
    optimizer.step()
    return number


@answers.right
def image_by_image(network, images, labels, optimizer):
    network.train()
    network.zero_grad()
    optimizer.zero_grad()
    outputs = network(images)
    losses = [F.cross_entropy(outputs[k : k + 1], labels[k : k + 1]) for k in range(images.shape[0])]
    total = torch.stack(losses).mean()
    total.backward()
    optimizer.step()
    return total.item()
