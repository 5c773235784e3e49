// The histograms of the processors with RDataFrame: typed lambdas, so that nothing is compiled while events are read.
// Functions are not inline: only what is compiled when this is declared obeys the pragma, and is twice as fast for it.
#pragma cling optimize(3)
#include <ROOT/RDataFrame.hxx>
#include <TH1D.h>
#include <TH2D.h>
#include <TH3D.h>
#include <string>
#include <vector>

namespace bhm_frames {
using Shorts = ROOT::RVec<short>;
using Ints = ROOT::RVec<int>;
using Doubles = ROOT::RVec<double>;

// what the processors are given, set from Python: regions of (channel, TDC, ADC), TDC peaks, ADC cuts, edges and times
std::vector<unsigned char> regions;
std::vector<int> peaks, cuts;
std::vector<double> charge_edges, time_edges;
long long reference = 0;
double start = 0, orbit_s = 0;
int first_run = 0, last_run = 0, window = 5;

const int kChannels = 40, kTdc = 50, kAllTdc = 64, kAdc = 256, kBx = 3564, kRegions = 4;

std::vector<double> codes(int n) {
  std::vector<double> edges(n + 1);
  for (int i = 0; i <= n; ++i) edges[i] = i - 0.5;
  return edges;
}

// rows of the pulses that are clean
ROOT::RDF::RNode clean(ROOT::RDF::RNode frame) {
  auto rows = [](const Shorts &channel, const Shorts &codes, const Shorts &tdc, const Shorts &tdc2, const Shorts &peak) {
    Ints kept;
    for (std::size_t i = 0; i < channel.size(); ++i)
      if (channel[i] >= 0 && (codes[i] == 1 || codes[i] == 2) && tdc[i] < kTdc && tdc2[i] != 62 &&
          !(tdc[i] == 25 && peak[i] == 188) && !(tdc[i] == 0 && peak[i] == 124))
        kept.push_back(i);
    return kept;
  };
  return frame.Define("rows", rows, {"Pulse_channel", "Pulse_nTdc", "Pulse_tdc", "Pulse_tdc2", "Pulse_peak"});
}

// region and row of each clean pulse, as often as it has regions
ROOT::RDF::RNode classified(ROOT::RDF::RNode frame) {
  auto bits = [](const Ints &rows, const Shorts &channel, const Shorts &tdc, const Shorts &peak) {
    Ints both;
    for (int i : rows) {
      const int inside = regions[(channel[i] * kAllTdc + tdc[i]) * kAdc + peak[i]];
      for (int region = 0; region < kRegions; ++region)
        if (inside & (1 << region)) both.push_back(region + kRegions * i);
    }
    return both;
  };
  return clean(frame)
      .Define("places", bits, {"rows", "Pulse_channel", "Pulse_tdc", "Pulse_peak"})
      .Define("region", [](const Ints &places) { return Ints(places % kRegions); }, {"places"})
      .Define("row", [](const Ints &places) { return Ints(places / kRegions); }, {"places"});
}

Shorts take(const Shorts &column, const Ints &rows) { return ROOT::VecOps::Take(column, rows); }

std::vector<TH2D> halo(const std::string &path) {
  ROOT::RDataFrame frame("Events", path);
  auto pulses =
      classified(frame)
          .Define("x_bx", [](short bx, const Ints &row) { return Shorts(row.size(), bx); }, {"bx", "row"})
          .Define("x_tdc", take, {"Pulse_tdc", "row"})
          .Define("x_peak", take, {"Pulse_peak", "row"})
          .Define("x_charge", [](const ROOT::RVec<float> &q, const Ints &row) { return ROOT::VecOps::Take(q, row); },
                  {"Pulse_charge", "row"})
          .Define("x_channel", take, {"Pulse_channel", "row"});
  auto by_code = [&](const char *name, const char *column, int n) {
    return pulses.Histo2D<Shorts, Ints>({name, "", n, -0.5, n - 0.5, kRegions, -0.5, kRegions - 0.5}, column, "region");
  };
  const auto region_edges = codes(kRegions);
  auto occupancy = by_code("occupancy", "x_bx", kBx);
  auto tdc = by_code("tdc", "x_tdc", kTdc);
  auto adc = by_code("adc", "x_peak", kAdc);
  auto charge = pulses.Histo2D<ROOT::RVec<float>, Ints>(
      {"charge", "", int(charge_edges.size()) - 1, charge_edges.data(), kRegions, region_edges.data()}, "x_charge", "region");
  auto channels = by_code("channels", "x_channel", kChannels);
  return {*occupancy, *tdc, *adc, *charge, *channels};
}

std::vector<TH3D> adc_tdc(const std::string &path, std::vector<TH1D> &runs) {
  ROOT::RDataFrame frame("Events", path);
  auto pulses = clean(frame)
                    .Define("channel", take, {"Pulse_channel", "rows"})
                    .Define("tdc", take, {"Pulse_tdc", "rows"})
                    .Define("peak", take, {"Pulse_peak", "rows"})
                    .Define("n", [](const Ints &rows) { return int(rows.size()); }, {"rows"});
  auto counts = pulses.Histo3D<Shorts, Shorts, Shorts>(
      {"adc_tdc", "", kChannels, -0.5, kChannels - 0.5, kTdc, -0.5, kTdc - 0.5, kAdc, -0.5, kAdc - 0.5}, "channel", "tdc", "peak");
  auto by_run = pulses.Histo1D<int, int>({"runs", "", last_run - first_run + 1, first_run - 0.5, last_run + 0.5}, "run", "n");
  runs.push_back(*by_run);
  return {*counts};
}

std::vector<TH3D> rates(const std::string &path) {
  ROOT::RDataFrame frame("Events", path);
  auto pulses = classified(frame)
                    .Define("x_channel", take, {"Pulse_channel", "row"})
                    .Define("x_time",
                            [](Long64_t orbit, const Ints &row) { return Doubles(row.size(), start + (orbit - reference) * orbit_s); },
                            {"orbit", "row"});
  const auto channel_edges = codes(kChannels), region_edges = codes(kRegions);
  auto counts = pulses.Histo3D<Doubles, Shorts, Ints>({"rates", "", int(time_edges.size()) - 1, time_edges.data(), kChannels,
                                                       channel_edges.data(), kRegions, region_edges.data()},
                                                      "x_time", "x_channel", "region");
  return {*counts};
}

std::vector<TH3D> stability(const std::string &path) {
  ROOT::RDataFrame frame("Events", path);
  auto near = [](const Ints &rows, const Shorts &channel, const Shorts &tdc, const Shorts &peak) {
    Ints kept;
    for (int i : rows)
      if (peak[i] >= cuts[channel[i]] && std::abs(tdc[i] - peaks[channel[i]]) <= window) kept.push_back(i);
    return kept;
  };
  auto pulses = clean(frame)
                    .Define("near", near, {"rows", "Pulse_channel", "Pulse_tdc", "Pulse_peak"})
                    .Define("x_run", [](int run, const Ints &row) { return Ints(row.size(), run); }, {"run", "near"})
                    .Define("x_channel", take, {"Pulse_channel", "near"})
                    .Define("x_tdc", take, {"Pulse_tdc", "near"});
  auto counts = pulses.Histo3D<Ints, Shorts, Shorts>({"stability", "", last_run - first_run + 1, first_run - 0.5, last_run + 0.5,
                                                      kChannels, -0.5, kChannels - 0.5, kTdc, -0.5, kTdc - 0.5},
                                                     "x_run", "x_channel", "x_tdc");
  return {*counts};
}
}  // namespace bhm_frames
