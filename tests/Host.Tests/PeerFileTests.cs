using FusedMoe.Host.Benchmarks;

namespace FusedMoe.Host.Tests;

public sealed class PeerFileTests
{
    private static readonly NamedShape Shape = NamedShape.Find("qwen3-30b-a3b");

    // 8 experts of 3 x 2048 x 768 bf16 weights, two rows of 2048 bf16 values; 8 pairs of 6 x 2048 x 768 operations.
    private const string OneToken = """
        {
          "device": "Some GPU", "routing": "uniform", "pauseMilliseconds": 20, "torch": "2.11", "problems": [],
          "ceilings": { "terabytesPerSecond": 3.05, "teraflopsPerSecond": 750 },
          "cells": [{
            "layer": "qwen3-30b-a3b", "tokens": 1, "bytes": 75505664, "operations": 75497472,
            "triton": { "microseconds": 50.0, "error": 0.003, "tried": [] },
            "grouped_mm": null
          }]
        }
        """;

    [Test]
    public void Find_MeasuredCell_ComparesThePeersThereAre()
    {
        var file = Load(OneToken);
        var floor = LayerFloor.Of(Shape, BenchData.Routing(Shape, 1, RoutingDistribution.Uniform));

        Assert.That(file.Find(Shape, 1, floor)!.Compare(40), Is.EqualTo(new[] { new PeerComparison("triton", 50, 0.8) }));
        Assert.That(file.Find(Shape, 2, floor), Is.Null);
        Assert.That(file.Ceilings, Is.EqualTo(new PeerCeilings(3.05, 750)));
    }

    [Test]
    public void Find_OtherRouting_IsRefused()
    {
        var error = Assert.Throws<InvalidDataException>(() => Load(OneToken).Find(Shape, 1, new LayerFloor(1, 2)));
        Assert.That(
            error!.Message,
            Does.Contain("route qwen3-30b-a3b, 1 tokens as bench does: '1 bytes and 2 operations', got '75505664"));
    }

    [Test]
    public void Require_OtherDevice_NamesBoth()
    {
        var error = Assert.Throws<InvalidDataException>(
            () => Load(OneToken).Require("Other GPU", RoutingDistribution.Uniform, new(20)));
        Assert.That(
            error!.Message, Does.Contain("must be measured on 'Other GPU', got 'Some GPU'; run benchmarks/peers/measure.py"));
    }

    [Test]
    public void Require_OtherDistribution_NamesBoth()
    {
        var error = Assert.Throws<InvalidDataException>(
            () => Load(OneToken).Require("Some GPU", RoutingDistribution.OneExpert, new(20)));
        Assert.That(error!.Message, Does.Contain("must have the routing 'one', got 'uniform'"));
    }

    [TestCase("20", 0, "must be measured with '--pause 0', got '--pause 20'; run benchmarks/peers/measure.py")]
    [TestCase("0", 20, "must be measured with '--pause 20', got '--pause 0'; run benchmarks/peers/measure.py")]
    public void Require_OtherPause_NamesBoth(string recorded, int pause, string message)
    {
        var file = Load(
            OneToken.Replace("\"pauseMilliseconds\": 20", $"\"pauseMilliseconds\": {recorded}", StringComparison.Ordinal));
        var error = Assert.Throws<InvalidDataException>(
            () => file.Require("Some GPU", RoutingDistribution.Uniform, new(pause)));
        Assert.That(error!.Message, Does.Contain(message));
    }

    [Test]
    public void Require_FileOfBeforeThereWerePauses_CountsAsNone()
    {
        var file = Load(OneToken.Replace("\"pauseMilliseconds\": 20,", "", StringComparison.Ordinal));

        Assert.That(() => file.Require("Some GPU", RoutingDistribution.Uniform, default), Throws.Nothing);
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("not json")]
    public void Load_NotSuchAFile_NamesItAndTheScript(string text)
    {
        var error = Assert.Throws<InvalidDataException>(() => Load(text));
        Assert.That(
            error!.Message,
            Does.StartWith("Peers file '").And.Contains("must be written by benchmarks/peers/measure.py, got: "));
    }

    [Test]
    public async Task Bench_PeersOfAnotherDevice_FailsBeforeAnyWork()
    {
        using var folder = new ScratchFolder();
        var path = folder.Write("peers.json", OneToken);
        var (code, _, error) = await Verb.Run("bench", "--device", "cpu", "--peers", path);

        Assert.That(code, Is.EqualTo(ExitCode.Misconfigured));
        Assert.That(error, Does.Contain("got 'Some GPU'"));
    }

    private static PeerFile Load(string text)
    {
        using var folder = new ScratchFolder();
        return PeerFile.Load(folder.Write("peers.json", text));
    }
}
