"""Contender: the notebook's training in PyTorch, on one thread. usage: torch_training.py WINDOWS STEPS BATCH EPOCHS

The batches are slices of the tensors in a new order: a DataLoader costs more than a step. More threads are slower.
"""
import sys

import torch
from torch import nn

from contender import Clock, windows

folder, steps, batch, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
train, test = windows(folder, "train", steps), windows(folder, "test", steps)
torch.set_num_threads(1)
torch.manual_seed(42)
clock = Clock()
(x, y), (test_x, test_y) = map(torch.from_numpy, train), map(torch.from_numpy, test)


class Predictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 64, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
        # As Keras begins: Glorot uniform, orthogonal, biases 0, the forget gate's 1 (PyTorch has two biases: one stays 0).
        nn.init.xavier_uniform_(self.lstm.weight_ih_l0)
        nn.init.orthogonal_(self.lstm.weight_hh_l0)
        nn.init.zeros_(self.lstm.bias_ih_l0)
        nn.init.zeros_(self.lstm.bias_hh_l0)
        with torch.no_grad():
            self.lstm.bias_ih_l0[64:128] = 1
        for layer in (self.head[1], self.head[3]):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])[:, 0]


model = Predictor()
# The second bias of PyTorch's LSTM does not learn: Keras has one.
model.lstm.bias_hh_l0.requires_grad_(False)
optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3, eps=1e-7, fused=True)
loss_of = nn.BCEWithLogitsLoss()
for epoch in range(epochs):
    clock.lap()
    model.train()
    order = torch.randperm(len(y))
    shuffled_x, shuffled_y = x[order], y[order]
    for batch_x, batch_y in zip(shuffled_x.split(batch), shuffled_y.split(batch)):
        optimizer.zero_grad()
        loss_of(model(batch_x), batch_y).backward()
        optimizer.step()
    clock.trained()
    model.eval()
    with torch.no_grad():
        validation_loss = loss_of(model(test_x), test_y).item()
    clock.validated()
clock.report(-(-len(y) // batch), validation_loss, f"PyTorch {torch.__version__}")
