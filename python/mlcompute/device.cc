// python/mlcompute/device.cc
#include "mlcompute/device.h"

#include <pybind11/stl.h>

#include "mlcompute/backend/choice.h"
#include "mlcompute/platform.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {

void BindDevice(py::module_& m) {
  py::class_<Device, std::shared_ptr<Device>>(m, "device", R"(Where graphs run.

device(type="cpu"): "cpu", "gpu", "any" or "ane", in any case. Only with TF_MLC_BACKEND=apple do they
differ, with other backends all of them compute on the CPU: `type` is what was asked for,
`actual_type` what it became. An unknown type is a ValueError, and so is an unknown TF_MLC_BACKEND;
where the apple backend cannot be loaded it is a NotImplementedError.)")
      .def(py::init([](const py::object& type) {
             return std::make_shared<Device>(ToEnum<DeviceType>(type, "device type"));
           }),
           py::arg("type") = "cpu")
      .def_property_readonly("type", [](const Device& d) { return NameOf(d.type()); })
      .def_property_readonly("actual_type", [](const Device& d) { return NameOf(d.actual_type()); })
      .def("__repr__", [](const Device& d) { return StrCat("device('", NameOf(d.type()), "')"); });

  py::class_<Platform>(m, "platform", "What the whole process has.")
      .def_static("set_rng_seed", &Platform::SetRngSeed, py::arg("seed"),
                  R"(Starts random initializers, and dropout layers without a seed, anew.

After the same seed they give the same numbers, in the same order.)")
      .def_static("rng_seed", &Platform::RngSeed, "None until a seed was set.")
      .def_static("backend", &BackendName,
                  R"(What computes graphs: "apple", "portable" or "reference".

TF_MLC_BACKEND names it; raises as device() does.)");
}

}  // namespace mlcompute::python
