"""Recurrent layers on series and characters."""

import keras
from keras import layers

from convergence import data, training
from convergence.case import Case


def forecast(layer, steps):
    return keras.Sequential([keras.Input((steps, 1)), layer, layers.Dense(1)])


def character_model(layer):
    return keras.Sequential(
        [
            keras.Input((24,)),
            layers.Embedding(len(data.CHARACTERS), 16),
            layer,
            layers.Dense(len(data.CHARACTERS), activation="softmax"),
        ]
    )


CASES = [
    Case(
        "lstm_series",
        "LSTM, sunspots",
        training.by_fit,
        12,
        "mse <= 0.05",
        0.002,
        model=lambda: forecast(layers.LSTM(24), 24),
        data=data.sunspots,
        loss="mse",
        batch=16,
        optimizer=lambda: keras.optimizers.Adam(5e-3),
        fast=True,
    ),
    Case(
        "gru_series",
        "GRU, CO2",
        training.by_fit,
        10,
        "mse <= 0.08",
        0.002,
        model=lambda: forecast(layers.GRU(24), 26),
        data=data.carbon_dioxide,
        loss="mse",
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
    Case(
        "bidirectional",
        "bidirectional LSTM, CO2",
        training.by_fit,
        8,
        "mse <= 0.1",
        0.002,
        model=lambda: forecast(layers.Bidirectional(layers.LSTM(16)), 26),
        data=data.carbon_dioxide,
        loss="mse",
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
    Case(
        "lstm_characters",
        "Embedding and LSTM, characters",
        training.by_fit,
        6,
        "accuracy >= 0.25",
        0.002,
        model=lambda: character_model(layers.LSTM(32)),
        data=data.next_character,
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
    Case(
        "gru_characters",
        "Embedding and GRU, characters",
        training.by_fit,
        6,
        "accuracy >= 0.25",
        0.002,
        model=lambda: character_model(layers.GRU(32)),
        data=data.next_character,
        optimizer=lambda: keras.optimizers.Adam(5e-3),
    ),
]
